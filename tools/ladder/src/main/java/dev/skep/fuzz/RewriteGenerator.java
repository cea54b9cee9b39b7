package dev.skep.fuzz;

import dev.skep.btf.Btf;
import dev.skep.isa.InsnWord;
import dev.skep.ladder.Sample;
import dev.skep.program.AttachType;
import dev.skep.program.ContextLayout;
import dev.skep.program.FuncInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Makes programs out of pieces that rewriting changes, with jumps over them and back: context
 * fields of many program types, division, packet loads, map calls, inlined helpers, loops, dead
 * code. r6 holds the context, r7 an unknown number, r8 and r9 are free.
 */
public final class RewriteGenerator {
  private static final int FP = 10;
  private static final int NO_PREALLOC = 1;

  private static final List<ProgramType> TYPES =
      List.of(
          ProgramType.SOCKET_FILTER,
          ProgramType.SCHED_CLS,
          ProgramType.SCHED_CLS,
          ProgramType.SCHED_ACT,
          ProgramType.XDP,
          ProgramType.CGROUP_SKB,
          ProgramType.LWT_IN,
          ProgramType.LWT_XMIT,
          ProgramType.SK_SKB,
          ProgramType.SK_MSG,
          ProgramType.SOCK_OPS,
          ProgramType.SK_LOOKUP,
          ProgramType.SK_REUSEPORT,
          ProgramType.FLOW_DISSECTOR,
          ProgramType.CGROUP_SYSCTL,
          ProgramType.CGROUP_SOCK,
          ProgramType.CGROUP_SOCK_ADDR,
          ProgramType.CGROUP_SOCKOPT,
          ProgramType.PERF_EVENT);

  private static final List<MapType> MAPS =
      List.of(
          MapType.ARRAY,
          MapType.ARRAY,
          MapType.PERCPU_ARRAY,
          MapType.HASH,
          MapType.PERCPU_HASH,
          MapType.LRU_HASH,
          MapType.LRU_PERCPU_HASH);

  private static final int MAIN_TYPE = 3;
  private static final int STATIC_TYPE = 4;

  /** int; int (void); static main; static sub. */
  private static final Btf FUNCTIONS_BTF =
      Btf.parse(
          HexFormat.of()
              .parseHex(
                  "9feb01001800000000000000340000003400000010000000"
                      + "01000000000000010400000020000001"
                      + "000000000000000d01000000"
                      + "050000000000000c02000000"
                      + "0a0000000000000c02000000"
                      + "00696e74006d61696e00737562000000"));

  private final Dice dice;
  private final ProgramType type;
  private final int attachType;
  private final ContextLayout layout;
  private final Code code = new Code();
  private final List<MapSpec> maps = new ArrayList<>();

  /** Function loads and calls, bound when the subprograms are put behind the main one. */
  private final List<Integer> callbacks = new ArrayList<>();

  private final List<Integer> calls = new ArrayList<>();
  private final List<FuncInfo> functions = new ArrayList<>();
  private int budget;

  private RewriteGenerator(long seed) {
    dice = new Dice(seed);
    type = TYPES.get(dice.below(TYPES.size()));
    attachType = attachType();
    ContextLayout known = ContextLayout.of(type, attachType);
    if (known == null) {
      throw new IllegalStateException("no layout of " + type);
    }
    layout = known;
    budget = dice.percent(10) ? 60 : dice.between(2, 16);
  }

  public static Sample generate(long seed) {
    RewriteGenerator generator = new RewriteGenerator(seed);
    long[] insns = generator.program();
    Program plain = Program.of("gen", generator.type, "GPL", insns, generator.maps);
    Program program =
        new Program(
            plain.name(),
            "",
            plain.type(),
            generator.attachType,
            0,
            "GPL",
            insns,
            plain.maps(),
            generator.functions,
            List.of(),
            FUNCTIONS_BTF,
            null);
    List<List<Sample.Element>> contents = new ArrayList<>();
    generator.maps.forEach(map -> contents.add(List.of()));
    return new Sample("rewrite " + seed, program, List.of(), List.of(), contents);
  }

  private int attachType() {
    return switch (type) {
      case XDP -> dice.pick(AttachType.XDP.number(), AttachType.XDP_DEVMAP.number());
      case CGROUP_SOCK -> dice.pick(2, 34, 12, 13);
      case CGROUP_SOCK_ADDR -> dice.pick(8, 9, 10, 11, 14, 15, 19, 20, 29, 30, 31, 32, 49);
      case CGROUP_SOCKOPT -> dice.pick(21, 22);
      case SOCK_OPS -> AttachType.CGROUP_SOCK_OPS.number();
      case SK_SKB -> AttachType.SK_SKB_STREAM_VERDICT.number();
      case SK_MSG -> AttachType.SK_MSG_VERDICT.number();
      case SK_LOOKUP -> AttachType.SK_LOOKUP.number();
      case SK_REUSEPORT -> AttachType.SK_REUSEPORT_SELECT.number();
      case FLOW_DISSECTOR -> AttachType.FLOW_DISSECTOR.number();
      case CGROUP_SYSCTL -> AttachType.CGROUP_SYSCTL.number();
      default -> 0;
    };
  }

  private long[] program() {
    functions.add(new FuncInfo(0, MAIN_TYPE));
    code.mov(6, 1);
    unknown();
    while (budget > 0) {
      piece();
    }
    code.movImm(0, result());
    code.exit();
    int subprog = code.length();
    if (!calls.isEmpty()) {
      functions.add(new FuncInfo(subprog, STATIC_TYPE));
      subprog();
    }
    int callback = code.length();
    if (!callbacks.isEmpty()) {
      functions.add(new FuncInfo(callback, STATIC_TYPE));
      code.movImm(0, 0);
      code.exit();
    }
    long[] words = code.words();
    calls.forEach(at -> words[at] = InsnWord.withImm(words[at], subprog - at - 1));
    callbacks.forEach(at -> words[at] = InsnWord.withImm(words[at], callback - at - 1));
    return words;
  }

  private int result() {
    return switch (type) {
      case SK_SKB, CGROUP_SKB, CGROUP_SOCK, CGROUP_SOCK_ADDR -> 1;
      default -> 0;
    };
  }

  /** r7 = something that the verifier does not know. */
  private void unknown() {
    code.call(7);
    code.mov(7, 0);
  }

  private void piece() {
    budget--;
    switch (dice.below(16)) {
      case 0, 1, 2 -> read();
      case 3 -> write();
      case 4, 5 -> divide();
      case 6 -> packetLoad();
      case 7, 8 -> mapCall();
      case 9 -> number();
      case 10 -> conditional();
      case 11 -> {
        // The verifier walks some of them very often.
        if (dice.percent(30)) {
          loop();
        } else {
          divide();
        }
      }
      case 12 -> dead();
      case 13 -> subprogCall();
      case 14 -> packetWrite();
      default -> misc();
    }
  }

  private boolean isPlain(int off, int size) {
    return layout.read(off, size) == ContextLayout.Value.SCALAR;
  }

  private void read() {
    for (int tries = 0; tries < 20; tries++) {
      int size = dice.pick(1, 2, 4, 4, 8);
      int off = dice.below(224) & -size;
      if (!isPlain(off, size)) {
        continue;
      }
      int base = 6;
      int dst = dice.pick(0, 1, 2, 7, 8, 9);
      if (dice.percent(25)) {
        dst = dice.pick(8, 9);
        code.mov(dst, 6);
        base = dst;
      }
      if (size < 8 && dice.percent(15)) {
        code.loadSigned(size, dst, base, off);
      } else {
        code.load(size, dst, base, off);
      }
      return;
    }
  }

  private void write() {
    for (int tries = 0; tries < 20; tries++) {
      int size = dice.pick(1, 2, 4, 4, 8);
      int off = dice.below(192) & -size;
      if (!layout.write(off, size)) {
        continue;
      }
      if (dice.percent(50)) {
        code.storeImm(size, 6, off, dice.immediate());
      } else {
        int src = dice.pick(7, 8, 9);
        if (src != 7) {
          code.mov(src, 7);
        }
        code.store(size, 6, src, off);
      }
      return;
    }
  }

  private void divide() {
    boolean wide = dice.percent(50);
    int classBits = wide ? Code.ALU64 : Code.ALU;
    int op = dice.percent(50) ? 0x30 : 0x90;
    int signed = dice.below(2);
    if (dice.percent(20)) {
      int imm = dice.pick(-1, 1, 3, -7, 1000);
      code.emit(classBits | op, 7, 0, signed, imm);
      return;
    }
    int divisor = dice.pick(8, 9);
    if (dice.percent(60)) {
      code.mov(divisor, 7);
    } else {
      code.movImm(divisor, dice.pick(0, 1, -1, 7));
    }
    code.emit(classBits | op | Code.X, 7, divisor, signed, 0);
  }

  private void packetLoad() {
    boolean allowed =
        type == ProgramType.SOCKET_FILTER
            || type == ProgramType.SCHED_CLS
            || type == ProgramType.SCHED_ACT;
    if (!allowed || !calls.isEmpty()) {
      read();
      return;
    }
    int size = dice.pick(0x00, 0x08, 0x10);
    if (dice.percent(50)) {
      code.emit(0x20 | size, 0, 0, 0, dice.pick(0, 12, -4096, 100));
    } else {
      code.mov(8, 7);
      code.emit(0x40 | size, 0, 8, 0, dice.pick(0, 4, -4096));
    }
    code.mov(7, 0);
  }

  private int map() {
    if (maps.size() < 3) {
      MapType kind = MAPS.get(dice.below(MAPS.size()));
      int value = dice.pick(1, 4, 8, 12, 24, 48, 64, 100);
      boolean array = kind == MapType.ARRAY || kind == MapType.PERCPU_ARRAY;
      int key = array ? 4 : dice.pick(1, 4, 8, 13, 16);
      int flags = kind == MapType.HASH && dice.percent(30) ? NO_PREALLOC : 0;
      maps.add(MapSpec.of("", kind, key, value, dice.between(2, 70), flags));
    }
    return dice.below(maps.size());
  }

  private void mapCall() {
    int first = map();
    for (int at = -16; at < 0; at += 8) {
      code.storeImm(8, FP, at, dice.below(3));
    }
    for (int at = -120; at < -16; at += 8) {
      code.storeImm(8, FP, at, 0);
    }
    code.loadImm64(1, 1, first, 0);
    code.mov(2, FP);
    code.add(2, -16);
    switch (dice.below(4)) {
      case 0 -> {
        code.mov(3, FP);
        code.add(3, -120);
        code.movImm(4, 0);
        code.call(2);
      }
      case 1 -> code.call(3);
      default -> {
        code.call(1);
        int none = code.jump(0x15, 0, 0, 0);
        code.load(1, 7, 0, 0);
        code.bind(none);
      }
    }
  }

  /** Numbers that the rewritten code reads by itself, among them with spills around the call. */
  private void number() {
    int slot = -8 * dice.between(16, 18);
    switch (dice.below(4)) {
      case 0 -> {
        code.call(118);
        code.mov(7, 0);
      }
      case 1 -> code.call(8);
      default -> {
        int count = dice.between(1, 3);
        for (int r = 1; r <= count; r++) {
          code.mov(r, 7);
        }
        for (int r = 1; r <= count; r++) {
          code.store(8, FP, r, slot - 8 * (count - r));
        }
        code.call(8);
        for (int r = count; r >= 1; r--) {
          code.load(8, r, FP, slot - 8 * (count - r));
        }
        code.addReg(7, count);
      }
    }
  }

  private void conditional() {
    int over =
        dice.percent(50)
            ? code.jump(dice.pick(0x15, 0x25, 0x45, 0x55, 0x65), 7, 0, dice.below(200))
            : code.jump(dice.pick(0x16, 0x26, 0xa6), 7, 0, dice.below(200));
    for (int i = dice.between(0, 3); i > 0; i--) {
      piece();
    }
    code.bind(over);
  }

  private void loop() {
    int start = code.length();
    if (dice.percent(90)) {
      int leave = code.emit(0xe5, 0, 0, 0, 0);
      for (int i = dice.between(0, 2); i > 0; i--) {
        divide();
      }
      code.emit(0x05, 0, 0, start - code.length() - 1, 0);
      code.bind(leave);
    } else {
      divide();
      code.emit(0xe5, 0, 0, start - code.length() - 1, 0);
    }
  }

  private void dead() {
    switch (dice.below(5)) {
      case 0 -> code.emit(0x05, 0, 0, 0, 0);
      case 1 -> code.emit(0x06, 0, 0, 0, 0);
      case 2 -> code.emit(0xe5, 0, 0, 0, 0);
      case 3 -> code.jump(0x15, 7, 0, 5);
      default -> {
        code.movImm(8, dice.below(3));
        int over = code.jump(dice.pick(0x15, 0x55, 0x25), 8, 0, dice.below(3));
        for (int i = dice.between(0, 3); i > 0; i--) {
          piece();
        }
        code.bind(over);
      }
    }
  }

  private void subprogCall() {
    if (dice.percent(50)) {
      code.movImm(1, dice.pick(1, 5, 100));
      callbacks.add(code.loadImm64(2, 4, 0, 0));
      code.mov(3, FP);
      code.movImm(4, 0);
      code.call(181);
      return;
    }
    code.mov(1, 6);
    code.mov(2, 7);
    calls.add(code.emit(Code.CALL, 0, 1, 0, 0));
  }

  /** r1 is the context, r2 a number. */
  private void subprog() {
    code.mov(6, 1);
    code.mov(7, 2);
    budget = dice.between(0, 5);
    while (budget > 0) {
      budget--;
      switch (dice.below(5)) {
        case 0 -> read();
        case 1 -> divide();
        case 2 -> loop();
        case 3 -> number();
        default -> mapCall();
      }
    }
    code.movImm(0, 0);
    code.exit();
  }

  private void packetWrite() {
    boolean skb =
        type == ProgramType.SCHED_CLS
            || type == ProgramType.SCHED_ACT
            || type == ProgramType.LWT_XMIT
            || type == ProgramType.SK_SKB;
    if (!skb && type != ProgramType.XDP) {
      read();
      return;
    }
    code.load(4, 2, 6, skb ? 76 : 0);
    code.load(4, 3, 6, skb ? 80 : 4);
    code.mov(4, 2);
    code.add(4, 14);
    int outside = code.emit(0x2d, 4, 3, 0, 0);
    if (dice.percent(50)) {
      code.storeImm(1, 2, 3, 7);
    } else {
      code.load(1, 7, 2, 3);
    }
    code.bind(outside);
  }

  private void misc() {
    switch (dice.below(3)) {
      case 0 -> unknown();
      case 1 -> code.emit(0xd4, 7, 0, 0, dice.pick(16, 32, 64));
      default -> code.emit(0xbc, 7, 7, dice.pick(0, 8, 16), 0);
    }
  }
}
