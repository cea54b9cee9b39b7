package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/** The access being converted; one object serves a whole pass. */
final class Access {
  private final Patch patch;
  private long word;

  /** Code of the instruction, narrow reads widened to the field. */
  int code;

  boolean write;
  int off;
  int imm;

  /** Register that a read fills; of a write, the one that holds the struct. */
  int dst;

  /** Register that holds the struct of a read; of a write, the value. */
  int src;

  Access(Patch patch) {
    this.patch = patch;
  }

  void set(long accessWord, boolean isWrite) {
    word = accessWord;
    write = isWrite;
    code = InsnWord.code(word);
    off = InsnWord.off(word);
    imm = InsnWord.imm(word);
    dst = InsnWord.dst(word);
    src = InsnWord.src(word);
  }

  void emit(long emitted) {
    patch.emit(emitted);
  }

  /** Size bits of the access itself. */
  int ownSize() {
    return size(code);
  }

  boolean storesImmediate() {
    return classOf(code) == ST;
  }

  /** Reads or writes a member of the struct; returns its bytes. */
  int member(int size, int memberOff) {
    if (write) {
      store(size, dst, memberOff);
    } else {
      load(size, dst, src, memberOff);
    }
    return bytes(size);
  }

  /** Reads a member of the struct that the pointer at {@code pointerOff} leads to. */
  int through(int pointerOff, int size, int memberOff) {
    load(DW, dst, src, pointerOff);
    load(size, dst, dst, memberOff);
    return bytes(size);
  }

  void load(int size, int into, int base, int memberOff) {
    patch.emit(Words.load(size, into, base, memberOff));
  }

  /** Stores the value of a write, register or immediate, in the size given. */
  void store(int size, int base, int memberOff) {
    patch.emit(InsnWord.of(classOf(code) | MEM | size, base, src, memberOff, imm));
  }

  /** A register besides the struct's and the value's: r9, r8 or r7. */
  int spare() {
    int spare = 9;
    if (src == spare || dst == spare) {
      spare--;
    }
    if (src == spare || dst == spare) {
      spare--;
    }
    return spare;
  }

  /** Saves a register in the context struct. */
  void save(int register, int base, int slot) {
    patch.emit(Words.store(DW, base, register, slot));
  }
}
