package dev.skep.run;

import dev.skep.machine.AddressSpace;
import dev.skep.natives.Memory;

/** One CPU's zeroed block for contexts that are plain memory. */
final class BareContext implements AutoCloseable {
  /** The largest context of a syscall program, and room for a load at its end. */
  static final int SIZE = (1 << 16) + 64;

  private final AddressSpace space;
  private final long address = Memory.allocate(SIZE);

  BareContext(AddressSpace space) {
    this.space = space;
    space.add(address, SIZE);
  }

  /** Puts bytes at the start; zeroes what may be read behind them. */
  long put(byte[] bytes) {
    Memory.copy(bytes, 0, address, bytes.length);
    Memory.fill(address + bytes.length, Math.min(256, SIZE - bytes.length), (byte) 0);
    return address;
  }

  @Override
  public void close() {
    space.remove(address);
    Memory.free(address);
  }
}
