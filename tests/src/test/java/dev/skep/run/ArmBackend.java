package dev.skep.run;

import dev.skep.errors.UnsupportedException;
import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.jit.Relocation;
import dev.skep.jit.arm64.A64Jit;
import dev.skep.jit.arm64.A64Layout;
import dev.skep.jit.arm64.A64Linker;
import dev.skep.jit.arm64.A64Routines;
import dev.skep.machine.BpfCallback;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.map.VmMap;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.JitTarget;
import dev.skep.rewrite.KernelFunction;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.RunnableProgram;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.NullMarked;

/** Programs as arm64 code in an emulator. */
@NullMarked
final class ArmBackend implements Backend {
  private static final int STACK_BYTES = 1 << 14;
  private static final int MAX_DEPTH = 8;

  /** BPF_MAX_TIMED_LOOPS, and how long a loop may take. */
  private static final int TIMED_LOOPS = 0xffff;

  private static final long TIMED_NANOS = 250_000_000;

  private final ArmEmulator emulator;
  private final A64Layout layout;
  private final HelperTable helpers;
  private final KernelVariables variables;
  private final IdentityHashMap<BpfFunction, Long> stubs = new IdentityHashMap<>();
  private final long stacks = Memory.allocate((long) STACK_BYTES * MAX_DEPTH, 4096);
  private long next = ArmEmulator.CODE_AREA;
  private long timedMayGoto;
  private int depth;

  ArmBackend(
      ArmEmulator emulator, A64Layout layout, HelperTable helpers, KernelVariables variables) {
    this.emulator = emulator;
    this.layout = layout;
    this.helpers = helpers;
    this.variables = variables;
    if (layout.bti()) {
      emulator.guard();
    }
  }

  /** An engine over the emulator; it ends with the engine. */
  static Vm vm(VmOptions options, A64Layout layout, String... emulatorOptions) {
    return new Vm(
        options.withRewrites(options.rewrites().withTarget(JitTarget.ARM64)),
        (machine, helpers, variables, programs) ->
            new ArmBackend(new ArmEmulator(emulatorOptions), layout, helpers, variables));
  }

  @Override
  public String name() {
    return "jit-arm64";
  }

  @Override
  public boolean entersBehindPrologue() {
    return true;
  }

  @Override
  public Executable load(RunnableProgram program, List<VmMap> maps) {
    MachineCode code = A64Jit.compile(program, layout, new Addresses(maps));
    ProgramType type = program.program().type();
    // The address that the code is linked for is the next free one once its functions have theirs.
    for (Relocation relocation : code.relocations()) {
      if (relocation.kind() == Relocation.Kind.CALL_HELPER) {
        function(type, relocation.operand());
      }
    }
    long image = place(A64Linker.link(code, next, number -> function(type, number)));
    for (MachineCode.FaultSite fault : code.faults()) {
      emulator.fix(image + fault.offset(), fault.cleared());
    }
    return new Emulated(image);
  }

  private long function(ProgramType type, int number) {
    if (number != KernelFunction.TIMED_MAY_GOTO.number()) {
      return stub(helpers.require(type, number));
    }
    if (timedMayGoto == 0) {
      byte[] routine = A64Routines.timedMayGoto(layout, stub(ArmBackend::checkTimedMayGoto));
      timedMayGoto = place(routine);
    }
    return timedMayGoto;
  }

  /** bpf_check_timed_may_goto: a count and, behind it, when the loop began. */
  private static long checkTimedMayGoto(Cpu cpu, long count, long r2, long r3, long r4, long r5) {
    long now = System.nanoTime() | 1;
    long since = Memory.getLong(count + 8);
    if (since == 0) {
      Memory.putLong(count + 8, now);
      return TIMED_LOOPS;
    }
    return now - since >= TIMED_NANOS ? 0 : TIMED_LOOPS;
  }

  private long place(byte[] code) {
    long at = next;
    next += code.length + 15 & -16;
    if (next > ArmEmulator.CODE_AREA + ArmEmulator.CODE_BYTES) {
      throw new IllegalStateException("no room for more code");
    }
    emulator.code(at, code);
    return at;
  }

  private long stub(BpfFunction function) {
    return stubs.computeIfAbsent(function, emulator::stub);
  }

  private long emulate(Cpu cpu, long entry, long... arguments) {
    if (depth == MAX_DEPTH) {
      throw new IllegalStateException("runs inside runs, too deep");
    }
    BpfCallback outside = cpu.callback();
    cpu.callback((function, r1, r2, r3, r4, r5) -> emulate(cpu, function, r1, r2, r3, r4, r5));
    depth++;
    try {
      return emulator.run(cpu, entry, stacks + (long) STACK_BYTES * depth, arguments);
    } finally {
      depth--;
      cpu.callback(outside);
    }
  }

  @Override
  public void close() {
    emulator.close();
    Memory.free(stacks);
  }

  private final class Addresses implements Linkage {
    private final List<VmMap> maps;

    Addresses(List<VmMap> maps) {
      this.maps = maps;
    }

    @Override
    public long mapAddress(int map) {
      return maps.get(map).address();
    }

    @Override
    public long mapValueAddress(int map, int offset) {
      return maps.get(map).directValue() + offset;
    }

    @Override
    public long variableAddress(KernelVariable variable) {
      if (variable == KernelVariable.PROGRAM) {
        throw new UnsupportedException("callbacks of timers");
      }
      return variables.address(variable);
    }

    @Override
    public long functionAddress(int number) {
      throw new IllegalStateException("functions are linked later");
    }

    @Override
    public boolean isUpcall(int number) {
      return true;
    }
  }

  private final class Emulated implements Executable {
    private final long image;

    Emulated(long image) {
      this.image = image;
    }

    @Override
    public long call(Cpu cpu, long function, long r1, long r2, long r3) {
      return emulate(cpu, function, r1, r2, r3);
    }

    @Override
    public long run(Cpu cpu, long context) {
      return emulate(cpu, image, context);
    }

    @Override
    public long entry() {
      return image;
    }

    @Override
    public long tailCallEntry() {
      return image + 4L * layout.tailCallEntry();
    }

    @Override
    public void free() {
      // The code area lives as long as the emulator.
    }
  }
}
