package dev.skep.jit.arm64;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;

/** Loads and stores. */
final class MemoryLowering {
  private static final int LOAD = 0x39400000;
  private static final int LOAD_SIGNED = 0x39800000;
  private static final int STORE = 0x39000000;
  private static final int LOAD_INDEXED = 0x38606800;
  private static final int LOAD_SIGNED_INDEXED = 0x38a0e800;
  private static final int STORE_INDEXED = 0x38206800;
  private static final int MAX_SCALED = 4095;
  private static final int BPF_FP = 10;
  private static final int NONE = -1;

  private final A64Function f;
  private final A64Assembler asm;
  private final Constants constants;

  MemoryLowering(A64Function f, Constants constants) {
    this.f = f;
    this.asm = f.asm;
    this.constants = constants;
  }

  static int mode(long word) {
    return InsnWord.code(word) & 0xe0;
  }

  /** Size of an access as a power of two. */
  static int logSize(long word) {
    return switch (InsnWord.code(word) & 0x18) {
      case Opcodes.B -> 0;
      case Opcodes.H -> 1;
      case Opcodes.W -> 2;
      default -> 3;
    };
  }

  void load(long word) {
    int dst = f.dst(word);
    int base = InsnWord.src(word);
    switch (mode(word)) {
      case Opcodes.MEM -> access(LOAD, LOAD_INDEXED, word, dst, base, A64Reg.TMP1);
      case Opcodes.MEMSX -> access(LOAD_SIGNED, LOAD_SIGNED_INDEXED, word, dst, base, A64Reg.TMP1);
      case Opcodes.PROBE_MEM -> {
        access(LOAD, LOAD_INDEXED, word, dst, base, A64Reg.TMP1);
        f.fault(dst);
      }
      case Opcodes.PROBE_MEMSX -> {
        access(LOAD_SIGNED, LOAD_SIGNED_INDEXED, word, dst, base, A64Reg.TMP1);
        f.fault(dst);
      }
      case Opcodes.PROBE_MEM32 -> {
        inArena(base);
        accessAt(LOAD, LOAD_INDEXED, word, dst, A64Reg.TMP2, A64Reg.TMP1);
        f.arenaFault(dst, f.cpu(base), InsnWord.off(word));
      }
      case Opcodes.PROBE_MEM32SX -> {
        inArena(base);
        accessAt(LOAD_SIGNED, LOAD_SIGNED_INDEXED, word, dst, A64Reg.TMP2, A64Reg.TMP1);
        f.arenaFault(dst, f.cpu(base), InsnWord.off(word));
      }
      default -> throw InsnLowering.unknown(word);
    }
  }

  void storeRegister(long word) {
    int base = InsnWord.dst(word);
    switch (mode(word)) {
      case Opcodes.MEM -> access(STORE, STORE_INDEXED, word, f.src(word), base, A64Reg.TMP1);
      case Opcodes.PROBE_MEM32 -> {
        inArena(base);
        accessAt(STORE, STORE_INDEXED, word, f.src(word), A64Reg.TMP2, A64Reg.TMP1);
        f.arenaFault(NONE, f.cpu(base), InsnWord.off(word));
      }
      default -> throw InsnLowering.unknown(word);
    }
  }

  void storeImmediate(long word) {
    int base = InsnWord.dst(word);
    switch (mode(word)) {
      case Opcodes.NOSPEC_MODE -> f.layout.speculationBarrier().emit(asm);
      case Opcodes.MEM -> {
        constants.move(1, A64Reg.TMP1, InsnWord.imm(word));
        access(STORE, STORE_INDEXED, word, A64Reg.TMP1, base, A64Reg.TMP2);
      }
      case Opcodes.PROBE_MEM32 -> {
        inArena(base);
        constants.move(1, A64Reg.TMP1, InsnWord.imm(word));
        // Linux 6.18 loads the offset into the base's register here.
        accessAt(STORE, STORE_INDEXED, word, A64Reg.TMP1, A64Reg.TMP2, A64Reg.TMP3);
        f.arenaFault(NONE, f.cpu(base), InsnWord.off(word));
      }
      default -> throw InsnLowering.unknown(word);
    }
  }

  private void inArena(int base) {
    asm.registers(A64Assembler.ADD, 1, A64Reg.TMP2, f.cpu(base), A64Reg.ARENA);
  }

  /** Accesses through a BPF register; the frame is reached from its lower end. */
  private void access(int op, int indexed, long word, int value, int base, int scratch) {
    int fromBottom = InsnWord.off(word) + f.stackBytes();
    if (base == BPF_FP && isScaled(fromBottom, logSize(word))) {
      int bottom = f.privateStack ? A64Reg.PRIVATE_STACK : A64Reg.SP;
      asm.memory(op, logSize(word), value, bottom, fromBottom);
    } else {
      accessAt(op, indexed, word, value, f.cpu(base), scratch);
    }
  }

  private void accessAt(int op, int indexed, long word, int value, int base, int scratch) {
    int logSize = logSize(word);
    int off = InsnWord.off(word);
    if (isScaled(off, logSize)) {
      asm.memory(op, logSize, value, base, off);
    } else {
      constants.move(1, scratch, off);
      asm.memoryIndexed(indexed, logSize, value, base, scratch);
    }
  }

  private static boolean isScaled(int offset, int logSize) {
    return offset >= 0 && offset >> logSize <= MAX_SCALED && (offset & (1 << logSize) - 1) == 0;
  }
}
