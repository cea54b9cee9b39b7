package dev.skep.run;

import dev.skep.machine.AddressSpace;
import dev.skep.natives.Memory;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads memory at addresses that nobody has checked. What programs of the machine may touch stands
 * for the kernel's memory; everything else faults.
 */
final class ProbeMemory implements Bprintf.StringReader {
  private final AddressSpace space;

  ProbeMemory(AddressSpace space) {
    this.space = space;
  }

  /** Whether all of these bytes can be read. */
  boolean readable(long address, int bytes) {
    return bytes == 0 || space.contains(address, bytes);
  }

  @Override
  public byte @Nullable [] bytes(long address, int count) {
    if (!readable(address, count)) {
      return null;
    }
    byte[] bytes = new byte[count];
    Memory.copy(address, bytes, 0, count);
    return bytes;
  }

  @Override
  public byte[] read(long address, int limit, boolean user) {
    byte[] bytes = new byte[limit];
    int length = 0;
    while (length < limit && !user && readable(address + length, 1)) {
      byte c = Memory.getByte(address + length);
      if (c == 0) {
        break;
      }
      bytes[length++] = c;
    }
    return Arrays.copyOf(bytes, length);
  }
}
