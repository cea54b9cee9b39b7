package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.Assembler;
import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.jit.OfflineLinkage;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.natives.CodeSpace;
import dev.skep.natives.CpuFeatures;
import dev.skep.natives.Memory;
import dev.skep.natives.NativeCode;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.program.layout.XdpBuffLayout;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.PokeDescriptor;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The userspace layout: its bytes, what it keeps for its callers, and the stack that it takes. */
class UserLayoutTest {
  private static final int ENTRIES = 3;
  private static final int STATIC_CALL = 0;
  private static final int DYNAMIC_CALL = 1 << 8;
  private static final int DIRECT_CALL = 1 << 16;

  private static JitInput input(String source, boolean indexFits, int stack, int... starts) {
    long[] insns = Assembler.assemble(source);
    List<RunnableProgram.Function> functions = new ArrayList<>();
    for (int i = 0; i <= starts.length; i++) {
      int start = i == 0 ? 0 : starts[i - 1];
      int end = i == starts.length ? insns.length : starts[i];
      functions.add(new RunnableProgram.Function(start, end, stack, true, false, false, false));
    }
    return new JitInput(
        insns,
        functions,
        List.of(new PokeDescriptor(0, 1, 1)),
        TailCallDialect.SEED,
        List.of(MapSpec.of("jmp_table", MapType.PROG_ARRAY, 4, 4, ENTRIES, 0)),
        insn -> indexFits,
        false,
        0,
        0);
  }

  private static MachineCode compile(JitInput input) {
    return X64Jit.compile(input, new UserLayout(true), OfflineLinkage.X86_64);
  }

  private static String body(String source, boolean indexFits) {
    MachineCode code = compile(input(source, indexFits, 0));
    byte[] bytes = code.bytes();
    return HexFormat.ofDelimiter(" ")
        .formatHex(bytes, code.tailCallEntry(), code.functionLength(0));
  }

  @Test
  void aPlainProgramHasNoStub() {
    long[] insns = Assembler.assemble("r0 = 2\nexit");
    RunnableProgram.Function main =
        new RunnableProgram.Function(0, 2, 0, false, false, false, false);
    MachineCode code =
        compile(new JitInput(insns, List.of(main), List.of(), TailCallDialect.SEED, false, 0, 0));
    assertThat(code.tailCallEntry()).isZero();
    assertThat(HexFormat.of().formatHex(code.bytes(), 0, code.functionLength(0)))
        .isEqualTo("b802000000c3");
  }

  @Test
  void theThreeForms() {
    int targets = BpfArrayLayout.PTRS + 8 * ENTRIES;
    assertThat(body("tail_call " + DIRECT_CALL + "\nexit", false))
        .isEqualTo("41 83 ec 01 72 06 90 e9 00 00 00 00 41 83 c4 01 c3");
    String count = "41 83 ec 01 72 0f ";
    String jump = " 48 85 c9 74 02 ff e1 41 83 c4 01 c3";
    assertThat(body("tail_call " + STATIC_CALL + "\nexit", false))
        .isEqualTo("89 d2 83 fa 03 73 19 " + count + "48 8b 8c d6 " + le(targets) + jump);
    assertThat(body("tail_call " + STATIC_CALL + "\nexit", true))
        .isEqualTo(count + "48 8b 8c d6 " + le(targets) + jump);
    String load = "8b 4e " + HexFormat.of().toHexDigits((byte) BpfMapLayout.MAX_ENTRIES);
    assertThat(body("tail_call " + DYNAMIC_CALL + "\nexit", false))
        .isEqualTo(
            "89 d2 "
                + load
                + " 39 ca 73 1c 48 01 d1 "
                + count
                + "48 8b 8c ce "
                + le(BpfArrayLayout.PTRS)
                + jump);
  }

  /** What only a direct call would need is not loaded; what something else may read is. */
  @Test
  void argumentsOfDirectCallsAreNotLoaded() {
    String direct = "tail_call " + DIRECT_CALL + "\nexit";
    String call = "41 83 ec 01 72 06 90 e9 00 00 00 00 41 83 c4 01 c3";
    assertThat(body("r2 = map[0]\nr3 = 1\n" + direct, false)).isEqualTo(call);
    assertThat(body("r3 = 1\nr1 = r6\nw2 = 5\n" + direct, false))
        .startsWith("48 89 df 41 83 ec 01 72 ");
    assertThat(body("r3 = 1\nr4 = r3\n" + direct, false)).startsWith("ba 01 00 00 00 ");
    assertThat(body("r3 = 1\nr1 = r3\n" + direct, false)).startsWith("ba 01 00 00 00 ");
    assertThat(body("r3 = 1\ntail_call " + DYNAMIC_CALL + "\nexit", false))
        .startsWith("ba 01 00 00 00 ");
  }

  private static String le(int value) {
    return HexFormat.ofDelimiter(" ")
        .formatHex(
            new byte[] {
              (byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)
            });
  }

  /** One aligned store must do. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void directJumpsAreAligned(int before) {
    // Two bytes and three: all remainders occur.
    String source = "w0 += w0\n".repeat(before) + "r0 += r0\n".repeat(before / 4);
    MachineCode code = compile(input(source + "tail_call " + DIRECT_CALL + "\nexit", false, 0));
    MachineCode.PokeSite site = code.pokes().getFirst();
    byte[] bytes = code.bytes();
    assertThat((site.target() + 1) % 4).isZero();
    assertThat(bytes[site.target()]).isEqualTo((byte) 0xe9);
    assertThat(site.bypass()).isEqualTo(site.target() + 5);
    assertThat(code.tailCallEntry() % UserLayout.ALIGNMENT).isZero();
  }

  /** Machine code that is run: one program array, and a function in Java. */
  private static final class Execution implements Linkage, AutoCloseable {
    final Machine machine;
    final X64Text text;
    final long array = Memory.allocate(BpfArrayLayout.PTRS + 16 * ENTRIES);
    long java;

    Execution() {
      Assumptions.assumeTrue(
          CpuFeatures.host().x64() && CpuFeatures.host().fsgsbase(),
          "execution of machine code needs x86-64 linux with fsgsbase");
      machine = Machine.ofCpus(1);
      text = new X64Text(List.of(machine.cpus().at(0)));
      Memory.putInt(array + BpfMapLayout.MAX_ENTRIES, ENTRIES);
    }

    NativeProgram load(String source, int stack, int... starts) {
      return text.load(input(source, false, stack, starts), this);
    }

    long run(NativeProgram program) {
      return program.run(0, machine.cpus().at(0));
    }

    /** What is in slot 1. */
    void slot(long entry) {
      Memory.putLong(array + BpfArrayLayout.PTRS + 8 * (ENTRIES + 1), entry);
    }

    @Override
    public long mapAddress(int map) {
      return array;
    }

    @Override
    public long mapValueAddress(int map, int offset) {
      throw new IllegalArgumentException("map values");
    }

    @Override
    public long variableAddress(KernelVariable variable) {
      throw new IllegalArgumentException("variables");
    }

    @Override
    public long functionAddress(int number) {
      return java;
    }

    @Override
    public boolean isUpcall(int number) {
      return true;
    }

    @Override
    public void close() {
      text.close();
      machine.close();
      Memory.free(array);
    }
  }

  /** Jumps over more than 127 bytes, forwards and back, with aligned sites between. */
  @ParameterizedTest
  @ValueSource(ints = {20, 41, 42, 43, 44, 60, 400})
  void jumpsGrow(int filler) {
    String block = "r0 += 1\n".repeat(filler);
    String direct = "tail_call " + DIRECT_CALL + "\n";
    String source =
        "r0 = 0\nr6 = 3\ngoto check\nagain: "
            + direct
            + block
            + direct
            + "r6 += -1\ncheck: if r6 != 0 goto again\nif r0 == 1 goto far\n"
            + block
            + "far: exit";
    try (Execution execution = new Execution()) {
      assertThat(execution.run(execution.load(source, 0))).isEqualTo(4L * filler);
    }
  }

  /**
   * Whatever programs do to the registers that C keeps, and whichever of them returns, a caller in
   * C finds its own.
   */
  @Test
  void calleeSavedRegistersAreKept() throws Throwable {
    String clobber = "r6 = 1\nr7 = 2\nr8 = 3\nr9 = 4\n*(u64 *)(r10 -8) = r9\n";
    String call = "r2 = map[0]\nr3 = 1\ntail_call " + DYNAMIC_CALL + "\nr0 = 5\nexit\n";
    MethodHandle caller = NativeCode.caller(2, false);
    try (Execution execution = new Execution();
        CodeSpace space = new CodeSpace()) {
      byte[] check = keepsRegisters();
      MemorySegment checker = MemorySegment.ofAddress(space.allocate(check.length));
      space.write(checker.address(), check, check.length);
      List<NativeProgram> programs =
          List.of(
              execution.load(clobber + "r0 = 5\nexit", 8),
              execution.load(clobber + call, 8),
              execution.load(clobber + "call sub\nexit\nsub: " + clobber + call, 8, 7),
              execution.load(clobber + "call sub\n" + call + "sub: " + clobber + call, 8, 12));
      execution.slot(0);
      for (NativeProgram entry : programs) {
        assertThat((long) caller.invokeExact(checker, 0L, entry.image())).isEqualTo(1);
      }
      for (NativeProgram target : programs) {
        execution.slot(target.tailCallEntry());
        for (NativeProgram entry : programs) {
          assertThat((long) caller.invokeExact(checker, 0L, entry.image())).isEqualTo(1);
        }
      }
    }
  }

  /** (rdi = context, rsi = function): 1 if the function keeps all registers that it must. */
  private static byte[] keepsRegisters() {
    Routine r = new Routine();
    int[] kept = {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15};
    int differ = 0;
    int done = 1;
    for (int register : kept) {
      r.asm.push(register);
    }
    for (int register : kept) {
      r.asm.moveImmediate32(register, 1000 + register);
    }
    r.asm.callRegister(Gpr.RSI);
    for (int register : kept) {
      r.asm.aluImmediate(AluOp.CMP, 1, register, 1000 + register);
      r.labels.jumpIf(Condition.NOT_EQUAL, differ);
    }
    r.asm.moveImmediate32(Gpr.RAX, 1);
    r.labels.jump(done);
    r.labels.bind(differ);
    r.asm.moveImmediate32(Gpr.RAX, 0);
    r.labels.bind(done);
    for (int i = kept.length - 1; i >= 0; i--) {
      r.asm.pop(kept[i]);
    }
    r.asm.ret();
    return r.finish();
  }

  /** The loops over inputs do without the stub: state and counter are theirs. */
  @Test
  void batchesEnterTheBody() {
    String source =
        """
        r0 = *(u64 *)(r1 +0)
        r0 += 1
        *(u64 *)(r1 +0) = r0
        r6 = r1
        r7 = -1
        r8 = -1
        r9 = -1
        *(u64 *)(r10 -512) = r9
        *(u64 *)(r10 -8) = r9
        call sub
        r1 = r6
        r2 = map[0]
        r3 = 1
        tail_call 256
        r0 = *(u64 *)(r6 +0)
        exit
        sub: r6 = 5
        r0 = 0
        exit
        """;
    try (Execution execution = new Execution()) {
      Cpu cpu = execution.machine.cpus().at(0);
      NativeProgram program = execution.load(source, 512, 17);
      execution.slot(program.tailCallEntry());
      long block = Memory.allocate(512);
      long items = block + 64;
      long ctx = block + 192;
      Memory.putLong(block + BatchLayout.COUNT, 2);
      Memory.putLong(block + BatchLayout.CTX, ctx);
      Memory.putLong(block + BatchLayout.FIRST_ITEM, items);
      assertThat(program.run(BatchKind.REPEAT, block, cpu)).isEqualTo(68);
      Memory.putLong(items + BatchLayout.ITEM_CTX, ctx);
      long second = items + BatchLayout.ITEM_SIZE;
      Memory.putLong(second + BatchLayout.ITEM_CTX, ctx + 8);
      assertThat(program.run(BatchKind.CONTEXTS, block, cpu)).isEqualTo(34);
      assertThat(Memory.getInt(items + BatchLayout.ITEM_RETVAL)).isEqualTo(68 + 34);
      assertThat(Memory.getInt(second + BatchLayout.ITEM_RETVAL)).isEqualTo(34);
      // An XDP program's data pointer is what this one counts up.
      Memory.putLong(block + BatchLayout.HEADROOM, 256);
      for (int i = 0; i < 2; i++) {
        long item = items + (long) i * BatchLayout.XDP_SIZE;
        Memory.putLong(item + BatchLayout.XDP_DATA, 1000 * (i + 1));
        Memory.putLong(item + BatchLayout.XDP_DATA_END, 1);
        Memory.putLong(item + BatchLayout.XDP_DATA_META, 2);
      }
      assertThat(program.run(BatchKind.XDP, block, cpu)).isEqualTo(2034);
      assertThat(Memory.getLong(items + BatchLayout.XDP_DATA)).isEqualTo(1034);
      assertThat(Memory.getLong(items + BatchLayout.XDP_DATA_END)).isEqualTo(1);
      assertThat(Memory.getLong(items + BatchLayout.XDP_DATA_META)).isEqualTo(2);
      assertThat(Memory.getInt(items + BatchLayout.XDP_RETVAL)).isEqualTo(1034);
      assertThat(Memory.getLong(items + 32 + BatchLayout.XDP_DATA)).isEqualTo(2034);
      assertThat(Memory.getLong(ctx + XdpBuffLayout.DATA_HARD_START)).isEqualTo(2000 - 256);
      Memory.free(block);
    }
  }

  /**
   * The most that 34 programs can take: each goes down through seven subprograms before the last of
   * them tail calls. Stack bytes are what the verifier allows before such a call.
   */
  @Test
  void stackIsBounded() {
    StringBuilder source = new StringBuilder();
    String clobber = "r6 = r1\nr7 = 2\nr8 = 3\nr9 = 4\n*(u64 *)(r10 -8) = r9\n";
    for (int i = 0; i < 7; i++) {
      source.append("f").append(i).append(": ").append(clobber);
      source.append("call f").append(i + 1).append("\nexit\n");
    }
    source.append("f7: ").append(clobber).append("call java#1000\nr1 = r6\n");
    source.append("r2 = map[0]\nr3 = 1\ntail_call ").append(DYNAMIC_CALL).append("\nexit");
    try (Execution execution = new Execution()) {
      long header = execution.machine.cpus().at(0).perCpuBase();
      long[] most = {0, 0};
      execution.java =
          execution.text.register((cpu, r1, r2, r3, r4, r5) -> {
            long used =
                Memory.getLong(header + PerCpuHeader.ENTRY_FRAME)
                    - Memory.getLong(header + PerCpuHeader.CALL_FRAME);
            most[0] = Math.max(most[0], used);
            most[1]++;
            return 0;
          });
      NativeProgram program = execution.load(source.toString(), 32, 7, 14, 21, 28, 35, 42, 49);
      execution.slot(program.tailCallEntry());
      execution.run(program);
      assertThat(most[1]).isEqualTo(34);
      assertThat(most[0]).isBetween(30L * 1024, (long) UserFrame.MAX_STACK);
    }
  }
}
