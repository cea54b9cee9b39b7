package dev.skep.run;

import dev.skep.machine.Cpu;
import dev.skep.program.ProgramType;

/** One CPU's memory for several packets of which an engine makes one call. */
interface PacketLoop extends AutoCloseable {
  /** Packets per call. */
  int capacity();

  /** Whether a packet can go this way; the others are run one by one, or refused there. */
  boolean fits(byte[] bytes, int offset, int length);

  /** Puts a packet that fits in place. */
  void put(int index, byte[] bytes, int offset, int length);

  /** Makes the contexts of the first {@code count} packets. */
  void build(int count, ProgramType type, Device device);

  /** Runs a program for each of them. */
  void run(Cpu cpu, Executable executable, int count);

  /** R0 of a packet's run. */
  int retval(int index);

  @Override
  void close();
}
