package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.UnsupportedException;
import java.util.Arrays;

/**
 * Fields that are one member each, of the struct itself or of one that a pointer in it leads to.
 * Indexed by the offset of the field in the user's view.
 */
final class FieldTable implements ContextConverter {
  private static final int DIRECT = -1;

  private final String name;
  private final byte[] sizes;
  private final int[] members;
  private final int[] pointers;
  private final boolean[] upperHalf;

  /**
   * @param name of the user's struct
   * @param bytes size of the user's struct
   */
  FieldTable(String name, int bytes) {
    this.name = name;
    sizes = new byte[bytes];
    Arrays.fill(sizes, (byte) -1);
    members = new int[bytes];
    pointers = new int[bytes];
    upperHalf = new boolean[bytes];
  }

  FieldTable u8(int at, int member) {
    return add(at, B, DIRECT, member);
  }

  FieldTable u16(int at, int member) {
    return add(at, H, DIRECT, member);
  }

  FieldTable u32(int at, int member) {
    return add(at, W, DIRECT, member);
  }

  FieldTable u64(int at, int member) {
    return add(at, DW, DIRECT, member);
  }

  /** Consecutive words, as of an IPv6 address. */
  FieldTable words(int at, int count, int member) {
    for (int i = 0; i < count; i++) {
      add(at + 4 * i, W, DIRECT, member + 4 * i);
    }
    return this;
  }

  FieldTable through(int at, int pointer, int size, int member) {
    return add(at, size, pointer, member);
  }

  FieldTable wordsThrough(int at, int count, int pointer, int member) {
    for (int i = 0; i < count; i++) {
      add(at + 4 * i, W, pointer, member + 4 * i);
    }
    return this;
  }

  /** A 16-bit member that is read in the upper half of a word (remote_port). */
  FieldTable upperHalfThrough(int at, int pointer, int member) {
    upperHalf[at] = true;
    return add(at, H, pointer, member);
  }

  private FieldTable add(int at, int size, int pointer, int member) {
    sizes[at] = (byte) size;
    members[at] = member;
    pointers[at] = pointer;
    return this;
  }

  boolean has(int off) {
    return off >= 0 && off < sizes.length && sizes[off] >= 0;
  }

  UnsupportedException unknown(Access access) {
    return new UnsupportedException(
        (access.write ? "write to " : "read of ") + name + " at offset " + access.off);
  }

  @Override
  public int convert(Access access) {
    int at = access.off;
    if (!has(at) || access.write && pointers[at] != DIRECT) {
      throw unknown(access);
    }
    int size = sizes[at];
    if (pointers[at] == DIRECT) {
      return access.member(size, members[at]);
    }
    access.through(pointers[at], size, members[at]);
    if (upperHalf[at]) {
      access.emit(Words.alu32Imm(LSH, access.dst, 16));
    }
    return bytes(size);
  }
}
