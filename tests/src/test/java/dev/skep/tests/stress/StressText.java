package dev.skep.tests.stress;

import static dev.skep.tests.stress.StressOutcome.BASE;
import static dev.skep.tests.stress.StressOutcome.SLOTS;

import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.isa.Assembler;
import dev.skep.isa.InsnWord;
import dev.skep.program.FuncInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The programs of the stress. Callers fill their registers and stack with what the packet says and
 * hold them against the packet when their tail call has fallen through, or a subprogram that tail
 * called has come back. Bytes of the packet: 0 index, 1 which array, 2 zero, 7 executions of the
 * self-calling program.
 */
final class StressText {
  static final int DIRECT_SLOTS = 4;
  static final int SUBPROGRAM_SLOT = 12;

  private static final MapSpec ARRAY = MapSpec.of("slots", MapType.PROG_ARRAY, 4, 4, SLOTS, 0);
  private static final MapSpec COUNTERS =
      MapSpec.of("counters", MapType.ARRAY, 4, 8 * StressOutcome.COUNT, 1, 0);

  /** Two program arrays and the counters of outcomes. */
  static final List<MapSpec> MAPS = List.of(ARRAY, ARRAY, COUNTERS);

  private static final String PACKET =
      """
      r2 = *(u32 *)(r6 +0)
      r3 = *(u32 *)(r6 +4)
      r4 = r2
      r4 += 8
      if r4 > r3 goto corrupt
      """;

  /** Registers and stack as the packet says. */
  private static final String FILL =
      "r6 = r1\n"
          + PACKET
          + """
          r4 = 0
          *(u8 *)(r2 +7) = r4
          r7 = *(u8 *)(r2 +0)
          r8 = *(u8 *)(r2 +1)
          r9 = *(u8 *)(r2 +2)
          *(u64 *)(r10 -8) = r7
          *(u64 *)(r10 -128) = r8
          """;

  /** Goes to corrupt if they are not that any more; r0 is kept. */
  private static final String CHECK =
      PACKET
          + """
          r1 = *(u8 *)(r2 +0)
          if r1 != r7 goto corrupt
          r3 = *(u64 *)(r10 -8)
          if r3 != r1 goto corrupt
          r1 = *(u8 *)(r2 +1)
          if r1 != r8 goto corrupt
          r3 = *(u64 *)(r10 -128)
          if r3 != r1 goto corrupt
          r1 = *(u8 *)(r2 +2)
          if r1 != r9 goto corrupt
          """;

  private static final String CORRUPT = "corrupt:\n" + end(StressOutcome.CORRUPT);

  /** What a subprogram does before its tail call: registers and stack of its own. */
  private static final String IN_SUBPROGRAM =
      """
      r6 = r1
      r2 = *(u32 *)(r6 +0)
      r3 = *(u32 *)(r6 +4)
      r4 = r2
      r4 += 8
      if r4 > r3 goto short
      r7 = *(u8 *)(r2 +0)
      r8 = r7
      r9 = r7
      *(u64 *)(r10 -64) = r7
      """;

  private static final String CORRUPT_SUBPROGRAM = "short:\n" + end(StressOutcome.CORRUPT);
  private static final String SUBPROGRAM = "sub";
  private static final int CALL = 0x85;

  /** The bytes of stack that the programs of a slot use differ. */
  private static final int[] DEPTHS = {8, 64, 256, 512};

  /** Microseconds in which the program may be replaced and unloaded; r7 is 0 before it. */
  private static final String LINGER =
      """
      r7 ^= 3000
      r6 = 0
      again: may_goto out
      r6 += 1
      if r6 < r7 goto again
      out:
      """;

  private StressText() {}

  private static String end(int outcome) {
    return """
    r1 = map[2][0]+%d
    r2 = 1
    lock *(u64 *)(r1 +0) += r2
    r0 = %d
    exit
    """
        .formatted(8 * outcome, BASE + outcome);
  }

  /** A tail call of a slot of array 0, which is given as an operand. */
  private static String tailCall(String slot) {
    return "r1 = r6\nr2 = map[0]\nr3 = " + slot + "\ncall bpf_tail_call#12\n";
  }

  static Program caller(StressCaller kind) {
    String end = end(StressOutcome.fallThrough(kind)) + CORRUPT;
    return switch (kind) {
      case DIRECT -> program(FILL + directSites() + CHECK + end);
      case STATIC -> program(FILL + tailCall("r7") + CHECK + end);
      case DYNAMIC -> program(FILL + eitherArray() + CHECK + end);
      case LOOP -> program(FILL + tailCall("" + StressOutcome.LOOP_SLOT) + CHECK + end);
      case SUBPROGRAM_DIRECT ->
          typed(throughSubprogram(kind, "" + SUBPROGRAM_SLOT), BtfType.FUNC_STATIC);
      case SUBPROGRAM_STATIC -> typed(throughSubprogram(kind, "r7"), BtfType.FUNC_STATIC);
      case EXTENDED -> typed(throughSubprogram(kind, "" + SUBPROGRAM_SLOT), BtfType.FUNC_GLOBAL);
    };
  }

  /** The low bits of the index say which site is taken. */
  private static String directSites() {
    StringBuilder text = new StringBuilder("r5 = r7\nr5 &= " + (DIRECT_SLOTS - 1) + "\n");
    for (int slot = 0; slot < DIRECT_SLOTS; slot++) {
      text.append("if r5 == ").append(slot).append(" goto site").append(slot).append('\n');
    }
    text.append("goto fell\n");
    for (int slot = 0; slot < DIRECT_SLOTS; slot++) {
      text.append("site").append(slot).append(":\n").append(tailCall("" + slot));
      text.append("goto fell\n");
    }
    return text.append("fell:\n").toString();
  }

  private static String eitherArray() {
    return """
    r1 = r6
    r3 = r7
    r2 = map[1]
    if r8 > 127 goto both
    r2 = map[0]
    both: call bpf_tail_call#12
    """;
  }

  private static String throughSubprogram(StressCaller kind, String slot) {
    return FILL
        + "r1 = r6\ncall sub\n"
        + CHECK
        + "exit\n"
        + CORRUPT
        + "sub:\n"
        + IN_SUBPROGRAM
        + tailCall(slot)
        + end(StressOutcome.fallThrough(kind))
        + CORRUPT_SUBPROGRAM;
  }

  /** A program for a slot. */
  static Program callee(int array, int slot, int variant) {
    if (isLink(array, slot, variant)) {
      return link(slot);
    }
    if (isLoop(array, slot, variant)) {
      return loop(variant == 0);
    }
    int depth = DEPTHS[variant];
    String use =
        "r6 = *(u32 *)(r1 +16)\nr7 = r6\nr8 = r6\nr9 = r6\n*(u64 *)(r10 -%d) = r6\n"
            .formatted(depth);
    String linger = variant == StressOutcome.VARIANTS - 1 ? LINGER : "";
    return program(use + linger + end(StressOutcome.callee(array, slot, variant)));
  }

  /** Whether the program tail calls another slot, directly. */
  static boolean isLink(int array, int slot, int variant) {
    return array == 0 && StressOutcome.isLink(slot) && variant % 2 == 0;
  }

  /** Whether the program tail calls its own slot. */
  static boolean isLoop(int array, int slot, int variant) {
    return array == 0 && slot == StressOutcome.LOOP_SLOT && variant < 2;
  }

  private static Program link(int slot) {
    String text = "r6 = r1\n" + tailCall("" + (slot - StressOutcome.LINK_DISTANCE));
    return program(text + end(StressOutcome.linkFallThrough(slot)));
  }

  private static Program loop(boolean direct) {
    String again =
        direct
            ? tailCall("" + StressOutcome.LOOP_SLOT)
            : "r5 = *(u8 *)(r2 +2)\nr5 += %d\n".formatted(StressOutcome.LOOP_SLOT) + tailCall("r5");
    return program(
        "r6 = r1\n"
            + PACKET
            + "r4 = *(u8 *)(r2 +7)\nr4 += 1\n*(u8 *)(r2 +7) = r4\n"
            + again
            + PACKET
            + """
            r7 = *(u8 *)(r2 +7)
            if r7 > %d goto corrupt
            r1 = r7
            r1 <<= 3
            r2 = map[2][0]+%d
            r2 += r1
            r1 = 1
            lock *(u64 *)(r2 +0) += r1
            r0 = r7
            r0 += %d
            exit
            """
                .formatted(
                    StressOutcome.MOST_LOOPS,
                    8 * StressOutcome.looped(0),
                    BASE + StressOutcome.looped(0))
            + CORRUPT);
  }

  private static Program program(String text) {
    return Program.of("stress", ProgramType.XDP, "GPL", Assembler.assemble(text), MAPS);
  }

  /** With types: without them subprograms must not tail call. */
  private static Program typed(String text, int linkage) {
    long[] insns = Assembler.assemble(text);
    BtfBuilder types = BtfBuilder.create();
    int proto = function(types);
    int main = types.add(new BtfType.Func("stress", proto, BtfType.FUNC_GLOBAL));
    int sub = types.add(new BtfType.Func(SUBPROGRAM, proto, linkage));
    List<FuncInfo> functions =
        List.of(new FuncInfo(0, main), new FuncInfo(subprogramStart(insns), sub));
    return program(ProgramType.XDP, insns, functions, types, null);
  }

  /** int function(struct xdp_md *context). */
  private static int function(BtfBuilder types) {
    int number = types.add(new BtfType.Int("int", 4, 1, 0, 32));
    int struct = types.add(new BtfType.Struct("xdp_md", 0, false, List.of()));
    int context = types.add(new BtfType.Ptr(struct));
    return types.add(new BtfType.FuncProto(number, List.of(new BtfType.Param("context", context))));
  }

  private static Program program(
      ProgramType type,
      long[] insns,
      List<FuncInfo> functions,
      BtfBuilder types,
      @Nullable String replaces) {
    return new Program(
        "stress",
        "",
        type,
        0,
        0,
        "GPL",
        insns,
        MAPS,
        functions,
        List.of(),
        types.build(),
        replaces);
  }

  /** An extension for the subprogram of a {@link StressCaller#EXTENDED}. */
  static Program extension(Program target) {
    BtfBuilder types = BtfBuilder.create();
    int main = types.add(new BtfType.Func("stress", function(types), BtfType.FUNC_GLOBAL));
    String text =
        "r6 = r1\nr7 = r6\nr8 = r6\nr9 = r6\n*(u64 *)(r10 -512) = r6\n"
            + end(StressOutcome.EXTENSION);
    List<FuncInfo> functions = List.of(new FuncInfo(0, main));
    long[] insns = Assembler.assemble(text);
    return program(ProgramType.EXT, insns, functions, types, SUBPROGRAM)
        .withTarget(SUBPROGRAM, 0, null, target);
  }

  private static int subprogramStart(long[] insns) {
    for (int i = 0; i < insns.length; i++) {
      if (InsnWord.code(insns[i]) == CALL && InsnWord.src(insns[i]) == 1) {
        return i + 1 + InsnWord.imm(insns[i]);
      }
    }
    throw new IllegalArgumentException("no subprogram is called");
  }
}
