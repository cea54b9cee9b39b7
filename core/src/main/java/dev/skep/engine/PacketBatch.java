package dev.skep.engine;

import java.util.Arrays;

/**
 * Packets for one call of {@link LoadedProgram#run(PacketBatch)}, and what the program made of
 * each. Reused from call to call; not for several threads at once.
 */
public final class PacketBatch {
  private byte[] bytes = new byte[1 << 16];
  private int[] offsets = new int[256];
  private int[] lengths = new int[256];
  private int[] retvals = new int[256];
  private int[] errnos = new int[256];
  private int used;
  private int count;

  /** Removes all packets. */
  public void clear() {
    used = 0;
    count = 0;
  }

  /** Appends a packet. */
  public void add(byte[] packet) {
    if (count == offsets.length) {
      int capacity = count * 2;
      offsets = Arrays.copyOf(offsets, capacity);
      lengths = Arrays.copyOf(lengths, capacity);
      retvals = Arrays.copyOf(retvals, capacity);
      errnos = Arrays.copyOf(errnos, capacity);
    }
    if (bytes.length - used < packet.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, used + packet.length));
    }
    System.arraycopy(packet, 0, bytes, used, packet.length);
    offsets[count] = used;
    lengths[count] = packet.length;
    used += packet.length;
    count++;
  }

  public int count() {
    return count;
  }

  /** Sum of the lengths, in bytes. */
  public int totalBytes() {
    return used;
  }

  /** All packets, one after the other; valid until the next {@link #add}. */
  public byte[] bytes() {
    return bytes;
  }

  /** Offset of packet i in {@link #bytes}. */
  public int offset(int i) {
    return offsets[i];
  }

  public int length(int i) {
    return lengths[i];
  }

  /** The program's result for packet i, set by the engine. */
  public int retval(int i) {
    return retvals[i];
  }

  /** 0, or the errno with which {@link LoadedProgram#testRun} refuses packet i. */
  public int errno(int i) {
    return errnos[i];
  }

  /** What became of packet i; for engines. */
  public void result(int i, int errno, int retval) {
    errnos[i] = errno;
    retvals[i] = retval;
  }

  /** A copy of packet i. */
  public byte[] packet(int i) {
    return Arrays.copyOfRange(bytes, offsets[i], offsets[i] + lengths[i]);
  }
}
