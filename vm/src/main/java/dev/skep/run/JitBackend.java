package dev.skep.run;

import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.jit.x64.BatchKind;
import dev.skep.jit.x64.BatchLayout;
import dev.skep.jit.x64.NativeHelper;
import dev.skep.jit.x64.NativeProgram;
import dev.skep.jit.x64.X64Text;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.machine.GracePeriods;
import dev.skep.machine.Machine;
import dev.skep.map.VmMap;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.KernelFunction;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.RunnableProgram;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compiles programs to x86-64 machine code, in the kernel's layout or the userspace one. */
final class JitBackend implements Backend {
  private final boolean kernelLayout;
  private final GracePeriods gracePeriods;
  private final X64Text text;
  private final HelperTable helpers;
  private final KernelVariables variables;
  private final long[] batches;

  /** Helpers that need no Java, unless the user has put his own in their place. */
  private final Map<Integer, Long> routines = new HashMap<>();

  private long hashUpdate;

  private final IdentityHashMap<BpfFunction, Long> upcalls = new IdentityHashMap<>();

  /**
   * @param replaced helpers that the user has put his own in the place of
   */
  JitBackend(
      Machine machine,
      HelperTable helpers,
      KernelVariables variables,
      Set<Integer> replaced,
      boolean kernelLayout) {
    this.kernelLayout = kernelLayout;
    gracePeriods = machine.gracePeriods();
    this.helpers = helpers;
    this.variables = variables;
    List<Cpu> cpus = new ArrayList<>();
    for (int i = 0; i < machine.cpus().count(); i++) {
      cpus.add(machine.cpus().at(i));
    }
    text = new X64Text(cpus, kernelLayout);
    batches = new long[cpus.size()];
    for (NativeHelper helper : NativeHelper.values()) {
      if (!replaced.contains(helper.number())) {
        routines.put(helper.number(), text.helper(helper));
      }
    }
  }

  @Override
  public String name() {
    return kernelLayout ? "jit-kernel" : "jit";
  }

  @Override
  public RewriteOptions rewrites(RewriteOptions wanted) {
    return wanted;
  }

  @Override
  public boolean entersBehindPrologue() {
    return true;
  }

  @Override
  public Executable load(RunnableProgram program, List<VmMap> maps) {
    return load(program, maps, Map.of());
  }

  @Override
  public Executable load(
      RunnableProgram program, List<VmMap> maps, Map<Integer, Executable> replaced) {
    Map<Integer, NativeProgram> extensions = new HashMap<>();
    replaced.forEach((function, code) -> extensions.put(function, ((Compiled) code).program));
    ProgramType type = program.program().resolvedType();
    AsyncProgram async = new AsyncProgram();
    NativeProgram loaded = text.load(program, new Addresses(maps, type, async), extensions);
    Executable code = new Compiled(loaded, DirectPokes.of(loaded.pokes(), gracePeriods), async);
    async.loaded(code);
    return code;
  }

  /** Where its machine code is. */
  X64Text text() {
    return text;
  }

  @Override
  public long codeBytes() {
    return text.usedBytes();
  }

  private synchronized long upcall(BpfFunction function) {
    return upcalls.computeIfAbsent(function, text::register);
  }

  /** Updates of hash maps go to Java only where they must. */
  private synchronized long hashUpdate(long java) {
    if (hashUpdate == 0) {
      hashUpdate = text.hashUpdate(java);
    }
    return hashUpdate;
  }

  /** The CPU's block for many runs in one call; its holder uses it alone. */
  private long batch(Cpu cpu) {
    long block = batches[cpu.index()];
    if (block == 0) {
      block = Memory.allocate(BatchLayout.SIZE);
      batches[cpu.index()] = block;
    }
    return block;
  }

  @Override
  public void close() {
    text.close();
    for (long block : batches) {
      Memory.free(block);
    }
  }

  private final class Addresses implements Linkage {
    private final List<VmMap> maps;
    private final ProgramType type;
    private final AsyncProgram async;

    Addresses(List<VmMap> maps, ProgramType type, AsyncProgram async) {
      this.maps = maps;
      this.type = type;
      this.async = async;
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
      return variable == KernelVariable.PROGRAM
          ? variables.programs().add(async)
          : variables.address(variable);
    }

    @Override
    public long functionAddress(int number) {
      Long routine = routines.get(number);
      return routine != null ? routine : inJava(type, number);
    }

    private long inJava(ProgramType type, int number) {
      long java = upcall(helpers.require(type, number));
      return number == KernelFunction.HTAB_MAP_UPDATE.number() ? hashUpdate(java) : java;
    }

    @Override
    public long kfuncAddress(int id) {
      return upcall(helpers.kfunc(type, id));
    }

    @Override
    public boolean isUpcall(int number) {
      return !routines.containsKey(number);
    }
  }

  private final class Compiled implements Executable {
    private final NativeProgram program;
    private final List<Pokes> pokes;
    private final AsyncProgram async;

    Compiled(NativeProgram program, List<Pokes> pokes, AsyncProgram async) {
      this.program = program;
      this.pokes = pokes;
      this.async = async;
    }

    @Override
    public long call(Cpu cpu, long function, long r1, long r2, long r3) {
      return program.call(cpu, function, r1, r2, r3);
    }

    @Override
    public List<Pokes> pokes() {
      return pokes;
    }

    @Override
    public MachineCode code() {
      return program.liveCode();
    }

    @Override
    public long run(Cpu cpu, long context) {
      return program.run(context, cpu);
    }

    @Override
    public long run(Cpu cpu, long context, int times) {
      if (times == 1) {
        return program.run(context, cpu);
      }
      // A run inside this one may use the block again: by then it has been read.
      long batch = batch(cpu);
      Memory.putLong(batch + BatchLayout.CTX, context);
      Memory.putLong(batch + BatchLayout.COUNT, times);
      return program.run(longEntry(), BatchKind.REPEAT, batch, cpu);
    }

    @Override
    public void runPackets(Cpu cpu, long buff, long items, int count) {
      long batch = batch(cpu);
      Memory.putLong(batch + BatchLayout.CTX, buff);
      Memory.putLong(batch + BatchLayout.FIRST_ITEM, items);
      Memory.putLong(batch + BatchLayout.COUNT, count);
      Memory.putLong(batch + BatchLayout.HEADROOM, XdpContext.HEADROOM);
      program.run(longEntry(), BatchKind.XDP, batch, cpu);
    }

    @Override
    public void runContexts(Cpu cpu, long items, int count) {
      long batch = batch(cpu);
      Memory.putLong(batch + BatchLayout.FIRST_ITEM, items);
      Memory.putLong(batch + BatchLayout.COUNT, count);
      program.run(longEntry(), BatchKind.CONTEXTS, batch, cpu);
    }

    /** An entry that garbage collections need not wait for. */
    private NativeProgram.Entry longEntry() {
      return program.entry() == NativeProgram.Entry.GUARDED
          ? NativeProgram.Entry.GUARDED
          : NativeProgram.Entry.LONG;
    }

    @Override
    public long entry() {
      return program.image();
    }

    @Override
    public long tailCallEntry() {
      return program.tailCallEntry();
    }

    @Override
    public int codeBytes() {
      return program.code().bytes().length;
    }

    @Override
    public void free() {
      variables.programs().remove(async);
      program.free();
    }
  }
}
