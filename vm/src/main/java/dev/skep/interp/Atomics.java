package dev.skep.interp;

import static dev.skep.isa.Opcodes.*;

import dev.skep.natives.Memory;
import java.lang.invoke.VarHandle;

/**
 * Atomic instructions on memory that was checked. Sequentially consistent, as fetching operations
 * and the locked instructions of x86 are.
 *
 * <p>x86 lets atomics cross their natural alignment; the verifier lets programs do so outside of
 * the stack. Such an access is made under one lock here: atomic among the interpreter's own
 * unaligned accesses, not against aligned ones that overlap it.
 */
final class Atomics {
  private static final long LOW = 0xffffffffL;

  private Atomics() {}

  /**
   * Executes a read-modify-write and gives what was there before.
   *
   * @param op imm of the instruction
   * @param compare R0, for cmpxchg
   */
  static long apply(boolean wide, int op, long address, long operand, long compare) {
    if ((address & (wide ? 7 : 3)) != 0) {
      return unaligned(wide, op, address, operand, compare);
    }
    return wide ? apply64(op, address, operand, compare) : apply32(op, address, operand, compare);
  }

  private static long apply64(int op, long address, long operand, long compare) {
    return switch (op) {
      case ADD, ADD | FETCH -> Memory.getAndAddLong(address, operand);
      case OR, OR | FETCH -> Memory.getAndOrLong(address, operand);
      case AND, AND | FETCH -> Memory.getAndAndLong(address, operand);
      case XOR, XOR | FETCH -> Memory.getAndXorLong(address, operand);
      case XCHG -> Memory.getAndSetLong(address, operand);
      case CMPXCHG -> Memory.compareAndExchangeLong(address, compare, operand);
      default -> throw new IllegalStateException("atomic imm=0x" + Integer.toHexString(op));
    };
  }

  private static long apply32(int op, long address, long operand, long compare) {
    int value = (int) operand;
    int old =
        switch (op) {
          case ADD, ADD | FETCH -> Memory.getAndAddInt(address, value);
          case OR, OR | FETCH -> Memory.getAndOrInt(address, value);
          case AND, AND | FETCH -> Memory.getAndAndInt(address, value);
          case XOR, XOR | FETCH -> Memory.getAndXorInt(address, value);
          case XCHG -> Memory.getAndSetInt(address, value);
          case CMPXCHG -> Memory.compareAndExchangeInt(address, (int) compare, value);
          default -> throw new IllegalStateException("atomic imm=0x" + Integer.toHexString(op));
        };
    return old & LOW;
  }

  private static synchronized long unaligned(
      boolean wide, int op, long address, long operand, long compare) {
    long old = wide ? Memory.getLong(address) : Memory.getInt(address) & LOW;
    long expected = wide ? compare : compare & LOW;
    long value =
        switch (op & ~FETCH) {
          case ADD -> old + operand;
          case OR -> old | operand;
          case AND -> old & operand;
          case XOR -> old ^ operand;
          case XCHG & ~FETCH -> operand;
          default -> old == expected ? operand : old;
        };
    if (wide) {
      Memory.putLong(address, value);
    } else {
      Memory.putInt(address, (int) value);
    }
    return old;
  }

  static long loadAcquire(int bytes, long address) {
    long value = load(bytes, address);
    VarHandle.acquireFence();
    return value;
  }

  static void storeRelease(int bytes, long address, long value) {
    VarHandle.releaseFence();
    switch (bytes) {
      case 1 -> Memory.putByte(address, (byte) value);
      case 2 -> Memory.putShort(address, (short) value);
      case 4 -> Memory.putInt(address, (int) value);
      default -> Memory.putLong(address, value);
    }
  }

  private static long load(int bytes, long address) {
    return switch (bytes) {
      case 1 -> Memory.getByte(address) & 0xffL;
      case 2 -> Memory.getShort(address) & 0xffffL;
      case 4 -> Memory.getInt(address) & LOW;
      default -> Memory.getLong(address);
    };
  }
}
