package dev.skep.fuzz;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.ladder.Sample;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.program.Program;
import java.util.List;

/**
 * Puts a few instructions between those of a program, which goes on as before around them: copies,
 * arithmetic, spills and fills, branches that join again. Unlike changed fields they leave most
 * programs valid, in states that nobody wrote on purpose.
 */
final class Inserter {
  private static final int TRIES = 20;
  private static final int LOOK_BACK = 8;
  private static final int[] OPERATIONS = {
    0x00, 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0x30, 0x90
  };
  private static final int[] CONDITIONS = {
    0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0
  };

  private final Dice dice;
  private final long[] insns;
  private final Code fresh = new Code();
  private int place;

  private Inserter(long[] insns, Dice dice) {
    this.insns = insns;
    this.dice = dice;
  }

  static Sample insert(Sample sample, Dice dice) {
    Sample grown = sample;
    for (int i = dice.between(1, 3); i > 0; i--) {
      grown = once(grown, dice);
    }
    return grown;
  }

  private static Sample once(Sample sample, Dice dice) {
    Program program = sample.program();
    Inserter inserter = new Inserter(program.insns(), dice);
    if (!inserter.findPlace()) {
      return sample;
    }
    inserter.write();
    long[] grown = inserter.grown();
    int place = inserter.place;
    int more = inserter.fresh.length();
    List<FuncInfo> functions =
        program.funcInfo().stream()
            .map(f -> f.insn() < place ? f : new FuncInfo(f.insn() + more, f.typeId()))
            .toList();
    List<LineInfo> lines =
        program.lineInfo().stream()
            .map(l ->
                l.insn() < place
                    ? l
                    : new LineInfo(l.insn() + more, l.fileNameOff(), l.lineOff(), l.lineCol()))
            .toList();
    return sample.withCode(sample.name(), grown, functions, lines);
  }

  /** Behind an instruction that another one follows: not within a wide load, not behind an exit. */
  private boolean findPlace() {
    for (int i = 0; i < TRIES && insns.length > 1; i++) {
      place = 1 + dice.below(insns.length - 1);
      int before = InsnWord.code(insns[place - 1]);
      boolean ends = before == Code.EXIT || before == 0x05 || before == Code.JA32;
      if (!ends && before != Code.LD_IMM64 && InsnWord.code(insns[place]) != 0) {
        return true;
      }
    }
    return false;
  }

  /** A register that was probably written shortly before. */
  private int known() {
    int at = place - 1 - dice.below(Math.min(place, LOOK_BACK));
    int dst = InsnWord.dst(insns[at]);
    return dst > 9 ? dice.below(10) : dst;
  }

  private int any() {
    return dice.percent(60) ? known() : dice.below(10);
  }

  private int slot() {
    return -8 * dice.between(1, 8);
  }

  private void write() {
    int source = dice.percent(85) ? known() : 10;
    switch (dice.below(9)) {
      case 0 ->
          fresh.emit(dice.pick(Code.ALU, Code.ALU64) | Code.MOV | Code.X, any(), source, 0, 0);
      case 1 -> operation(any());
      case 2 -> {
        fresh.emit(0x7b, 10, source, slot(), 0);
        operation(any());
      }
      case 3 -> {
        int slot = slot();
        fresh.emit(0x63 | dice.pick(Code.DW, Code.W, Code.H, Code.B), 10, source, slot, 0);
        fresh.emit(0x61 | dice.pick(Code.DW, Code.W, Code.H, Code.B), any(), 10, slot, 0);
      }
      case 4 -> {
        fresh.emit(dice.pick(Code.JMP, Code.JMP32) | condition(), known(), 0, 1, dice.immediate());
        operation(any());
      }
      case 5 -> {
        int code = dice.pick(Code.JMP, Code.JMP32) | condition() | Code.X;
        fresh.emit(code, known(), known(), dice.between(0, 1), 0);
        operation(any());
      }
      case 6 -> {
        int slot = slot();
        fresh.emit(0x7b, 10, source, slot, 0);
        fresh.emit(0x79, source == 10 ? known() : source, 10, slot, 0);
      }
      case 7 -> fresh.emit(0x7a, 10, 0, slot(), dice.immediate());
      default -> {
        fresh.emit(Code.ALU64 | Code.MOV | Code.X, any(), source, dice.pick(0, 0, 8, 16, 32), 0);
        fresh.emit(Code.JMP | condition(), known(), 0, 0, dice.immediate());
      }
    }
  }

  private int condition() {
    return CONDITIONS[dice.below(CONDITIONS.length)];
  }

  private void operation(int dst) {
    int op = OPERATIONS[dice.below(OPERATIONS.length)];
    int group = dice.pick(Code.ALU, Code.ALU64);
    if (dice.percent(40)) {
      fresh.emit(group | op | Code.X, dst, known(), 0, 0);
      return;
    }
    boolean shift = op == 0x60 || op == 0x70 || op == 0xc0;
    fresh.emit(group | op, dst, 0, 0, shift ? dice.below(32) : dice.immediate());
  }

  /** The program with the new instructions; what jumped to their place goes through them. */
  private long[] grown() {
    long[] words = fresh.words();
    int more = words.length;
    long[] grown = new long[insns.length + more];
    System.arraycopy(insns, 0, grown, 0, place);
    System.arraycopy(words, 0, grown, place, more);
    System.arraycopy(insns, place, grown, place + more, insns.length - place);
    for (int i = 0; i < insns.length; i++) {
      int at = i < place ? i : i + more;
      grown[at] = moved(insns[i], i, more);
      if (InsnWord.code(insns[i]) == Code.LD_IMM64) {
        i++;
      }
    }
    return grown;
  }

  private long moved(long word, int at, int more) {
    int code = InsnWord.code(word);
    int group = code & 7;
    int src = InsnWord.src(word);
    boolean far = code == Code.JA32;
    boolean call = code == Code.CALL && src == Opcodes.PSEUDO_CALL;
    boolean function = code == Code.LD_IMM64 && src == Opcodes.PSEUDO_FUNC;
    if (far || call || function) {
      return InsnWord.withImm(word, InsnWord.imm(word) + shift(at, InsnWord.imm(word), more));
    }
    boolean jump = group == Code.JMP || group == Code.JMP32;
    if (!jump || code == Code.CALL || code == Code.EXIT) {
      return word;
    }
    return InsnWord.withOff(word, InsnWord.off(word) + shift(at, InsnWord.off(word), more));
  }

  /** By how much a distance grows. */
  private int shift(int at, int distance, int more) {
    boolean before = at < place;
    boolean targetBefore = at + 1 + distance <= place;
    return before == targetBefore ? 0 : before ? more : -more;
  }
}
