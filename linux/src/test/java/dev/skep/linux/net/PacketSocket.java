package dev.skep.linux.net;

import dev.skep.linux.sys.CallNumbers;
import dev.skep.linux.sys.Fd;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Sends raw frames out of a device of this thread's network namespace (AF_PACKET). */
public final class PacketSocket implements AutoCloseable {
  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int ADDRESS_BYTES = 20;

  private final Syscalls syscalls = Syscalls.host();
  private final Fd fd;
  private final long address = Memory.allocate(ADDRESS_BYTES);

  public PacketSocket(int device) {
    long result = syscalls.syscall(CallNumbers.SOCKET, AF_PACKET, SOCK_RAW_CLOEXEC, 0);
    if (result < 0) {
      throw new IllegalStateException("packet socket: errno " + -result);
    }
    fd = new Fd(syscalls, (int) result);
    Memory.putShort(address, (short) AF_PACKET);
    Memory.putInt(address + 4, device);
  }

  public void send(byte[] frame) {
    long buffer = Memory.allocate(frame.length);
    Memory.copy(frame, 0, buffer, frame.length);
    long sent =
        syscalls.syscall(
            CallNumbers.SENDTO, fd.number(), buffer, frame.length, 0, address, ADDRESS_BYTES);
    Memory.free(buffer);
    if (sent != frame.length) {
      throw new IllegalStateException("sending " + frame.length + " bytes: " + sent);
    }
  }

  /** An IPv4 UDP packet in an Ethernet frame to the broadcast address, 60 bytes. */
  public static byte[] udp(int port) {
    ByteBuffer out = ByteBuffer.allocate(60).order(ByteOrder.BIG_ENDIAN);
    out.putShort((short) -1).putInt(-1).put(new byte[] {2, 0, 0, 0, 0, 1}).putShort((short) 0x800);
    out.put((byte) 0x45).put((byte) 0).putShort((short) 46).putInt(0);
    out.put((byte) 64).put((byte) 17).putShort((short) 0).putInt(0x0a000001).putInt(0x0a000002);
    return out.putShort((short) 1000).putShort((short) port).putShort((short) 26).array();
  }

  @Override
  public void close() {
    fd.close();
    Memory.free(address);
  }
}
