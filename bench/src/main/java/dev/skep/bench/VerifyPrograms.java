package dev.skep.bench;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Programs that the verifier's benchmarks generate: each is heavy in one way. All are
 * deterministic.
 */
final class VerifyPrograms {
  private static final int ALU = 0x07;
  private static final int ALU32 = 0x04;
  private static final int X = 0x08;
  private static final int JMP = 0x05;
  private static final int MOV = 0xb7;
  private static final int MOV_X = 0xbf;
  private static final int LOAD = 0x79;
  private static final int STORE = 0x7b;
  private static final int GET_PRANDOM = 7;
  private static final int MAP_LOOKUP = 1;

  private final List<Long> words = new ArrayList<>();
  private final Random dice = new Random(6);

  private VerifyPrograms() {}

  /** Small enough to be accepted, or to be repeated often. */
  static List<Program> ordinary() {
    return List.of(
        program("straight", straight(4000)),
        program("stack", stack(4000)),
        program("branches", branches(1000)),
        program("loop", loop(2000, 0)),
        program("loop_stack", loop(2000, 64)),
        program("calls", calls(200)),
        program("precision", precision(300)));
  }

  /** Programs that are followed until the limit of 1,000,000 instructions. */
  static List<Program> endless() {
    return List.of(
        program("million_straight", straight(999_900)),
        program("million_branches", explosion()),
        program("million_loop", loop(Integer.MAX_VALUE, 0)),
        program("million_loop_stack", loop(Integer.MAX_VALUE, 64)),
        program("million_calls", calls(Integer.MAX_VALUE)),
        program("million_call_stacks", callStacks()),
        program("million_forks", forks()),
        program("million_precision", preciseLoop()));
  }

  /** Programs that need much memory. */
  static List<Program> hungry() {
    return List.of(
        program("pending", pending()),
        program("checkpoints", checkpoints()),
        program("chains", chains()),
        program("far_precision", farPrecision()));
  }

  private static Program program(String name, VerifyPrograms code) {
    long[] insns = new long[code.words.size()];
    for (int i = 0; i < insns.length; i++) {
      insns[i] = code.words.get(i);
    }
    MapSpec map =
        new MapSpec(
            "values",
            MapType.ARRAY,
            4,
            4096,
            1,
            0,
            0,
            null,
            null,
            0,
            0,
            null,
            false,
            List.of(),
            false,
            -1);
    boolean mapped =
        Arrays.stream(insns)
            .anyMatch(w -> InsnWord.code(w) == 0x18 && InsnWord.src(w) == Opcodes.PSEUDO_MAP_FD);
    return new Program(
        name,
        "",
        ProgramType.SCHED_CLS,
        0,
        0,
        "GPL",
        insns,
        mapped ? List.of(map) : List.of(),
        List.of(),
        List.of(),
        null,
        null);
  }

  // Instructions ------------------------------------------------------------------------------

  private void add(int code, int dst, int src, int off, int imm) {
    words.add(InsnWord.of(code, dst, src, off, imm));
  }

  private void call(int helper) {
    add(0x85, 0, 0, 0, helper);
  }

  private void exit() {
    add(MOV, 0, 0, 0, 0);
    add(0x95, 0, 0, 0, 0);
  }

  /** Something unknown in a register. */
  private void unknown(int reg) {
    call(GET_PRANDOM);
    add(MOV_X, reg, 0, 0, 0);
  }

  private void callAt(int target) {
    add(0x85, 0, Opcodes.PSEUDO_CALL, 0, target - words.size() - 1);
  }

  /** A jump back to an instruction. */
  private void jumpBack(int code, int dst, int imm, int target) {
    add(code, dst, 0, target - words.size() - 1, imm);
  }

  private void spillUnknown(int slots) {
    for (int i = 1; i <= slots; i++) {
      unknown(6);
      add(STORE, 10, 6, -8 * i, 0);
    }
  }

  private void mapValue(int reg) {
    add(0x62, 10, 0, -4, 0);
    add(MOV_X, 2, 10, 0, 0);
    add(ALU, 2, 0, 0, -4);
    add(0x18, 1, Opcodes.PSEUDO_MAP_FD, 0, 0);
    add(0, 0, 0, 0, 0);
    call(MAP_LOOKUP);
    add(0x55, 0, 0, 2, 0);
    exit();
    add(MOV_X, reg, 0, 0, 0);
  }

  private void arithmetic(int count) {
    int[] ops = {0x00, 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0};
    for (int i = 0; i < count; i++) {
      int op = ops[dice.nextInt(ops.length)];
      int dst = 6 + dice.nextInt(4);
      int kind = dice.nextInt(3) == 0 ? ALU32 : ALU;
      boolean shift = op == 0x60 || op == 0x70 || op == 0xc0;
      if (!shift && dice.nextBoolean()) {
        add(kind | op | X, dst, 6 + dice.nextInt(4), 0, 0);
      } else {
        add(kind | op, dst, 0, 0, shift ? 1 + dice.nextInt(31) : dice.nextInt());
      }
    }
  }

  // Programs ----------------------------------------------------------------------------------

  private static VerifyPrograms straight(int count) {
    VerifyPrograms code = new VerifyPrograms();
    for (int i = 6; i < 10; i++) {
      code.unknown(i);
    }
    code.arithmetic(count);
    code.exit();
    return code;
  }

  private static VerifyPrograms stack(int count) {
    VerifyPrograms code = new VerifyPrograms();
    code.spillUnknown(16);
    for (int i = 0; i < count / 4; i++) {
      int slot = -8 * (1 + code.dice.nextInt(16));
      code.add(LOAD, 7, 10, slot, 0);
      code.add(ALU, 7, 0, 0, i);
      code.add(STORE, 10, 7, slot, 0);
      code.add(0x61, 8, 10, slot, 0);
    }
    code.exit();
    return code;
  }

  /** Diamonds whose sides do not matter later: each is pruned. */
  private static VerifyPrograms branches(int count) {
    VerifyPrograms code = new VerifyPrograms();
    code.unknown(7);
    code.unknown(8);
    for (int i = 0; i < count; i++) {
      code.unknown(6);
      code.add(0x25, 6, 0, 2, code.dice.nextInt(1000));
      code.add(ALU | X, 7, 8, 0, 0);
      code.add(ALU, 8, 0, 0, i);
      code.add(ALU32, 7, 0, 0, 1);
    }
    code.exit();
    return code;
  }

  /** Each side of each branch leads to another offset into a map value: nothing can be pruned. */
  private static VerifyPrograms explosion() {
    VerifyPrograms code = new VerifyPrograms();
    code.mapValue(9);
    code.add(MOV, 7, 0, 0, 0);
    for (int i = 0; i < 30; i++) {
      code.unknown(6);
      code.add(0x25, 6, 0, 1, i);
      code.add(ALU, 7, 0, 0, 1 << i);
      code.add(ALU32, 8, 0, 0, 0);
      code.words.removeLast();
    }
    code.add(ALU | 0x50, 7, 0, 0, 0xff8);
    code.add(ALU | X, 9, 7, 0, 0);
    code.add(LOAD, 0, 9, 0, 0);
    code.exit();
    return code;
  }

  private static VerifyPrograms loop(int times, int slots) {
    VerifyPrograms code = new VerifyPrograms();
    code.spillUnknown(slots);
    code.unknown(7);
    code.add(MOV, 8, 0, 0, 0);
    int head = code.words.size();
    code.add(ALU | X, 7, 8, 0, 0);
    code.add(ALU | 0x20, 7, 0, 0, 3);
    code.add(MOV_X, 6, 7, 0, 0);
    if (slots > 0) {
      code.add(LOAD, 6, 10, -8 * slots, 0);
      code.add(ALU, 6, 0, 0, 1);
      code.add(STORE, 10, 6, -8 * slots, 0);
    }
    code.add(ALU, 8, 0, 0, 1);
    code.jumpBack(0xa5, 8, times, head);
    code.exit();
    return code;
  }

  /** Seven calls deep, again and again. */
  private static VerifyPrograms calls(int times) {
    return nested(times, 2);
  }

  /** The same with all of each stack in use that eight frames may have together. */
  private static VerifyPrograms callStacks() {
    return nested(Integer.MAX_VALUE, 8);
  }

  private static VerifyPrograms nested(int times, int slots) {
    VerifyPrograms code = new VerifyPrograms();
    code.add(MOV, 9, 0, 0, 0);
    code.spillUnknown(slots);
    int head = code.words.size();
    code.add(MOV_X, 1, 9, 0, 0);
    code.add(0x85, 0, Opcodes.PSEUDO_CALL, 0, 4);
    code.add(ALU, 9, 0, 0, 1);
    code.jumpBack(0xa5, 9, times, head);
    code.exit();
    for (int depth = 1; depth <= 7; depth++) {
      code.add(MOV_X, 8, 1, 0, 0);
      code.spillUnknown(slots);
      code.add(LOAD, 7, 10, -8, 0);
      code.add(MOV_X, 1, 8, 0, 0);
      if (depth < 7) {
        code.callAt(code.words.size() + 4);
      }
      code.add(ALU | X, 7, 0, 0, 0);
      code.words.removeLast();
      code.exit();
      if (depth < 7) {
        // The next function begins behind exit, as the call says.
        int call = code.words.size() - 3;
        code.words.set(
            call, InsnWord.of(0x85, 0, Opcodes.PSEUDO_CALL, 0, code.words.size() - call - 1));
      }
    }
    return code;
  }

  /** Pending paths, each with a full stack, as many as there may be. */
  private static VerifyPrograms forks() {
    VerifyPrograms code = new VerifyPrograms();
    code.spillUnknown(64);
    code.add(MOV, 8, 0, 0, 0);
    code.unknown(7);
    int head = code.words.size();
    code.add(ALU, 8, 0, 0, 1);
    code.add(STORE, 10, 8, -8, 0);
    code.unknown(7);
    code.jumpBack(0x25, 7, 3, head);
    code.jumpBack(0xa5, 8, Integer.MAX_VALUE, head);
    code.exit();
    return code;
  }

  /** As many pending paths as there may be, each with stacks of its own in eight frames. */
  private static VerifyPrograms pending() {
    VerifyPrograms code = new VerifyPrograms();
    for (int depth = 0; depth < 7; depth++) {
      code.spillUnknown(8);
      code.add(MOV, 1, 0, 0, 0);
      code.callAt(code.words.size() + 3);
      code.exit();
    }
    int[] slots = {-8, -40};
    code.spillUnknown(8);
    code.add(MOV, 8, 0, 0, 0);
    int head = code.words.size();
    code.add(ALU, 8, 0, 0, 1);
    for (int slot : slots) {
      code.add(STORE, 10, 8, slot, 0);
    }
    code.unknown(7);
    code.add(0x15, 7, 0, 2, 3);
    code.add(ALU, 8, 0, 0, 1);
    code.jumpBack(0xa5, 8, Integer.MAX_VALUE, head);
    code.exit();
    return code;
  }

  /** Checkpoints that are never equal, each with 64 slots that changed. */
  private static VerifyPrograms checkpoints() {
    VerifyPrograms code = new VerifyPrograms();
    code.spillUnknown(64);
    code.add(MOV, 8, 0, 0, 0);
    int head = code.words.size();
    for (int i = 1; i <= 64; i += 4) {
      code.add(STORE, 10, 8, -8 * i, 0);
    }
    code.add(ALU, 8, 0, 0, 1);
    code.add(0x05, 0, 0, 0, 0);
    code.jumpBack(0xa5, 8, Integer.MAX_VALUE, head);
    code.exit();
    return code;
  }

  /** Each of seven functions calls the next four times: 4^7 chains of calls, with stacks. */
  private static VerifyPrograms chains() {
    VerifyPrograms code = new VerifyPrograms();
    List<Integer> calls = new ArrayList<>();
    for (int depth = 0; depth < 8; depth++) {
      for (int call : calls) {
        code.words.set(
            call, InsnWord.of(0x85, 0, Opcodes.PSEUDO_CALL, 0, code.words.size() - call - 1));
      }
      calls.clear();
      code.spillUnknown(2);
      code.unknown(7);
      for (int i = 0; i < 4 && depth < 7; i++) {
        calls.add(code.words.size());
        code.add(0, 0, 0, 0, 0);
      }
      // Code that belongs to each chain, though it is never reached.
      code.add(MOV, 7, 0, 0, 0);
      code.add(0x15, 7, 0, 2000, 0);
      for (int i = 0; i < 1000; i++) {
        code.add(STORE, 10, 7, -8, 0);
        code.add(LOAD, 7, 10, -16, 0);
      }
      code.exit();
    }
    return code;
  }

  /** Precision that is asked for again and again, of what lies far back in straight code. */
  private static VerifyPrograms farPrecision() {
    VerifyPrograms code = new VerifyPrograms();
    code.mapValue(9);
    code.unknown(6);
    code.add(ALU | 0x50, 6, 0, 0, 7);
    for (int i = 0; i < 20_000; i++) {
      code.add(ALU | 0x50, 6, 0, 0, 7);
    }
    for (int i = 0; i < 2_000; i++) {
      code.add(MOV_X, 8, 9, 0, 0);
      code.add(ALU | X, 8, 6, 0, 0);
    }
    code.exit();
    return code;
  }

  /** Every access needs to know precisely what was computed since the beginning. */
  private static VerifyPrograms precision(int times) {
    VerifyPrograms code = new VerifyPrograms();
    code.mapValue(9);
    code.unknown(6);
    code.add(ALU | 0x50, 6, 0, 0, 7);
    for (int i = 0; i < times; i++) {
      code.add(MOV_X, 7, 6, 0, 0);
      code.add(ALU, 7, 0, 0, 1);
      code.add(ALU | 0x50, 7, 0, 0, 15);
      code.add(MOV_X, 6, 7, 0, 0);
      code.add(MOV_X, 8, 9, 0, 0);
      code.add(ALU | X, 8, 7, 0, 0);
      code.add(0x71, 0, 8, 0, 0);
      code.unknown(2);
      code.add(JMP | 0x20, 2, 0, 0, 5);
    }
    code.exit();
    return code;
  }

  /** The same without end, in a loop. */
  private static VerifyPrograms preciseLoop() {
    VerifyPrograms code = new VerifyPrograms();
    code.mapValue(9);
    code.unknown(6);
    code.unknown(5);
    code.add(ALU | 0x50, 6, 0, 0, 7);
    code.add(MOV, 8, 0, 0, 0);
    int head = code.words.size();
    for (int i = 0; i < 20; i++) {
      code.add(MOV_X, 7, 6, 0, 0);
      code.add(ALU, 7, 0, 0, 1);
      code.add(ALU | 0x50, 7, 0, 0, 15);
      code.add(STORE, 10, 7, -8, 0);
      code.add(LOAD, 6, 10, -8, 0);
    }
    code.add(MOV_X, 2, 9, 0, 0);
    code.add(ALU | X, 2, 6, 0, 0);
    code.add(0x71, 0, 2, 0, 0);
    code.add(ALU, 8, 0, 0, 1);
    code.jumpBack(0xa5, 8, Integer.MAX_VALUE, head);
    code.exit();
    return code;
  }
}
