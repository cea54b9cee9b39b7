package dev.skep.ladder;

import dev.skep.engine.TestRun;
import dev.skep.program.ProgramType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Inputs for test_run, the same for the same seed: packets of the common kinds, and odd ones. */
public final class Inputs {
  private static final int ETHERNET = 14;
  private static final int IPV4 = 0x0800;
  private static final int IPV6 = 0x86dd;
  private static final int ARP = 0x0806;
  private static final int VLAN = 0x8100;
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int ICMP = 1;
  private static final int ICMPV6 = 58;
  private static final int[] PORTS = {22, 53, 80, 443, 8080, 12_345};
  private static final int RAW_CONTEXT_BYTES = 64;

  private final SplittableRandom random;

  private Inputs(long seed) {
    random = new SplittableRandom(seed);
  }

  /**
   * Inputs that suit a program type.
   *
   * @param count how many
   */
  public static List<TestRun> generate(ProgramType type, long seed, int count) {
    Inputs inputs = new Inputs(seed);
    List<TestRun> runs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      runs.add(
          switch (type) {
            case RAW_TRACEPOINT, SYSCALL ->
                new TestRun(null, inputs.bytes(RAW_CONTEXT_BYTES), 1, -1, -1, 0, 0, 0);
            default -> TestRun.of(inputs.packet(i));
          });
    }
    return runs;
  }

  /** The kinds in turn, so that few inputs already hold each of them. */
  private byte[] packet(int index) {
    return switch (index % 12) {
      case 0 -> ipv4(TCP, 60);
      case 1 -> ipv4(UDP, 98);
      case 2 -> ipv6(TCP, 86);
      case 3 -> ipv4(ICMP, 98);
      case 4 -> arp();
      case 5 -> ipv6(UDP, 120);
      case 6 -> vlan(ipv4(TCP, 74));
      case 7 -> bytes(ETHERNET);
      case 8 -> ipv6(ICMPV6, 78);
      case 9 -> ipv4(TCP, 1400);
      case 10 -> bytes(64);
      default -> ipv4(UDP, 42);
    };
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Makes random bytes a unicast frame. */
  private static ByteBuffer ethernet(byte[] bytes, int etherType) {
    bytes[0] &= (byte) 0xfe;
    return ByteBuffer.wrap(bytes).putShort(12, (short) etherType);
  }

  private byte[] ipv4(int protocol, int size) {
    byte[] bytes = bytes(size);
    ByteBuffer packet = ethernet(bytes, IPV4);
    int ip = ETHERNET;
    packet.put(ip, (byte) 0x45).put(ip + 1, (byte) 0);
    packet.putShort(ip + 2, (short) (size - ip)).putShort(ip + 6, (short) 0x4000);
    packet.put(ip + 8, (byte) 64).put(ip + 9, (byte) protocol).putShort(ip + 10, (short) 0);
    packet.putInt(ip + 12, 0x0a00_0000 | random.nextInt(8));
    packet.putInt(ip + 16, 0x0a00_0100 | random.nextInt(8));
    packet.putShort(ip + 10, (short) checksum(packet, ip, 20));
    transport(packet, ip + 20, protocol, size);
    return bytes;
  }

  private byte[] ipv6(int protocol, int size) {
    byte[] bytes = bytes(size);
    ByteBuffer packet = ethernet(bytes, IPV6);
    int ip = ETHERNET;
    packet.putInt(ip, 0x6000_0000).putShort(ip + 4, (short) (size - ip - 40));
    packet.put(ip + 6, (byte) protocol).put(ip + 7, (byte) 64);
    transport(packet, ip + 40, protocol, size);
    return bytes;
  }

  private void transport(ByteBuffer packet, int at, int protocol, int size) {
    if (protocol == TCP || protocol == UDP) {
      packet.putShort(at, (short) PORTS[random.nextInt(PORTS.length)]);
      packet.putShort(at + 2, (short) PORTS[random.nextInt(PORTS.length)]);
    }
    if (protocol == TCP) {
      packet.put(at + 12, (byte) 0x50).put(at + 13, (byte) (1 << random.nextInt(6)));
    } else if (protocol == UDP) {
      packet.putShort(at + 4, (short) (size - at));
    } else {
      packet.put(at, (byte) (protocol == ICMP ? 8 : 128)).put(at + 1, (byte) 0);
    }
  }

  private static int checksum(ByteBuffer packet, int from, int bytes) {
    int sum = 0;
    for (int i = from; i < from + bytes; i += 2) {
      sum += packet.getShort(i) & 0xffff;
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    return ~((sum & 0xffff) + (sum >>> 16));
  }

  private byte[] arp() {
    byte[] bytes = bytes(42);
    ByteBuffer packet = ethernet(bytes, ARP);
    packet.putShort(14, (short) 1).putShort(16, (short) IPV4);
    packet.put(18, (byte) 6).put(19, (byte) 4).putShort(20, (short) 1);
    return bytes;
  }

  private static byte[] vlan(byte[] inner) {
    ByteBuffer packet = ByteBuffer.allocate(inner.length + 4);
    packet.put(inner, 0, 12).putShort((short) VLAN).putShort((short) 5);
    packet.put(inner, 12, inner.length - 12);
    return packet.array();
  }
}
