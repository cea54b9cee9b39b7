package dev.skep.run;

import dev.skep.machine.AddressSpace;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads memory at addresses that nobody has checked. What programs of the machine may touch stands
 * for the kernel's memory; everything else faults.
 */
final class ProbeMemory {
  /** Where user addresses end: TASK_SIZE_MAX and a guard page. */
  private static final long USER_LIMIT = 0x7fff_ffff_f000L;

  private final AddressSpace space;

  ProbeMemory(AddressSpace space) {
    this.space = space;
  }

  /** Whether all of these bytes can be read by a run on that CPU, its own stack included. */
  boolean readable(Cpu cpu, long address, int bytes) {
    return bytes == 0 || space.contains(address, bytes) || cpu.stack().holds(address, bytes);
  }

  /** Whether the kernel would look at an address (copy_from_kernel_nofault_allowed). */
  boolean isKernel(Cpu cpu, long address) {
    boolean canonical = address << 16 >> 16 == address;
    return readable(cpu, address, 1) || !inUserHalf(address) && canonical;
  }

  static boolean inUserHalf(long address) {
    return Long.compareUnsigned(address, USER_LIMIT) < 0;
  }

  /** What a run on that CPU can print. */
  Bprintf.StringReader on(Cpu cpu) {
    return new View(this, cpu);
  }

  private record View(ProbeMemory memory, Cpu cpu) implements Bprintf.StringReader {
    @Override
    public byte @Nullable [] bytes(long address, int count) {
      if (!memory.readable(cpu, address, count)) {
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
      while (length < limit && !user && memory.readable(cpu, address + length, 1)) {
        byte c = Memory.getByte(address + length);
        if (c == 0) {
          break;
        }
        bytes[length++] = c;
      }
      return Arrays.copyOf(bytes, length);
    }
  }
}
