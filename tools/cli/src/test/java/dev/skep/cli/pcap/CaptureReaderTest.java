package dev.skep.cli.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CaptureReaderTest {
  private static final byte[][] FRAMES = {{1, 2, 3}, {}, {9, 8, 7, 6, 5}, new byte[1500]};

  enum Order {
    LITTLE(ByteOrder.LITTLE_ENDIAN),
    BIG(ByteOrder.BIG_ENDIAN);

    final ByteOrder order;

    Order(ByteOrder order) {
      this.order = order;
    }
  }

  static byte[] pcap(ByteOrder order, int magic, byte[]... frames) {
    ByteBuffer out = ByteBuffer.allocate(1 << 16).order(order);
    out.putInt(magic).putShort((short) 2).putShort((short) 4).putLong(0).putInt(65535).putInt(1);
    for (byte[] frame : frames) {
      out.putInt(1).putInt(2).putInt(frame.length).putInt(frame.length + 10).put(frame);
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  static byte[] pcapng(ByteOrder order, byte[]... frames) {
    ByteBuffer out = ByteBuffer.allocate(1 << 16).order(order);
    out.putInt(0x0a0d0d0a).putInt(28).putInt(0x1a2b3c4d).putInt(1).putLong(-1).putInt(28);
    out.putInt(1).putInt(20).putShort((short) 1).putShort((short) 0).putInt(0).putInt(20);
    out.putInt(0xbad).putInt(16).putInt(77).putInt(16);
    boolean simple = false;
    for (byte[] frame : frames) {
      int padded = (frame.length + 3) & ~3;
      if (simple) {
        out.putInt(3).putInt(16 + padded).putInt(frame.length);
      } else {
        out.putInt(6).putInt(32 + padded).putInt(0).putLong(5).putInt(frame.length);
        out.putInt(frame.length);
      }
      out.put(frame).put(new byte[padded - frame.length]).putInt((simple ? 16 : 32) + padded);
      simple = !simple;
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  private static List<byte[]> read(byte[] file) {
    List<byte[]> frames = new ArrayList<>();
    try (CaptureReader reader = CaptureReader.open("t", new ByteArrayInputStream(file))) {
      for (byte[] frame = reader.next(); frame != null; frame = reader.next()) {
        frames.add(frame);
        assertThat(reader.linkType()).isEqualTo(CaptureReader.LINKTYPE_ETHERNET);
      }
    }
    return frames;
  }

  @ParameterizedTest
  @EnumSource(Order.class)
  void readsClassicCapturesOfBothByteOrdersAndBothTimeUnits(Order order) {
    assertThat(read(pcap(order.order, 0xa1b2c3d4, FRAMES))).containsExactly(FRAMES);
    assertThat(read(pcap(order.order, 0xa1b23c4d, FRAMES))).containsExactly(FRAMES);
  }

  @ParameterizedTest
  @EnumSource(Order.class)
  void readsPcapngOfBothByteOrders(Order order) {
    assertThat(read(pcapng(order.order, FRAMES))).containsExactly(FRAMES);
  }

  @Test
  void readsSectionsOfDifferentByteOrderInOneFile() {
    byte[] little = pcapng(ByteOrder.LITTLE_ENDIAN, FRAMES);
    byte[] big = pcapng(ByteOrder.BIG_ENDIAN, FRAMES);
    byte[] both = Arrays.copyOf(little, little.length + big.length);
    System.arraycopy(big, 0, both, little.length, big.length);
    assertThat(read(both)).hasSize(2 * FRAMES.length);
  }

  @Test
  void saysWhatIsWrongAndWhere() {
    byte[] file = pcap(ByteOrder.LITTLE_ENDIAN, 0xa1b2c3d4, FRAMES);
    assertThatThrownBy(() -> read(Arrays.copyOf(file, 30)))
        .isInstanceOf(MalformedException.class)
        .hasMessage("t: cut record at offset 28");
    assertThatThrownBy(() -> read(new byte[] {1, 2, 3, 4}))
        .hasMessage("t: neither pcap nor pcapng (first bytes 0x01020304)");
    assertThatThrownBy(() -> read(new byte[0])).isInstanceOf(MalformedException.class);
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(32, -5);
    assertThatThrownBy(() -> read(file)).hasMessageStartingWith("t: frame of 4294967291 bytes");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void mutatedFilesGiveFramesOrOneKindOfError(boolean next) {
    byte[] good =
        next
            ? pcapng(ByteOrder.LITTLE_ENDIAN, FRAMES)
            : pcap(ByteOrder.BIG_ENDIAN, 0xa1b2c3d4, FRAMES);
    long until = System.nanoTime() + Long.getLong("skep.fuzz.seconds", 0) * 1_000_000_000L;
    Random random = new Random(42);
    int rounds = 0;
    while (rounds++ < 20_000 || System.nanoTime() < until) {
      byte[] file = Arrays.copyOf(good, random.nextInt(good.length + 1));
      for (int i = random.nextInt(6); i > 0 && file.length > 0; i--) {
        file[random.nextInt(Math.min(file.length, 200))] = (byte) random.nextInt();
      }
      try (CaptureReader reader = CaptureReader.open("t", new ByteArrayInputStream(file))) {
        while (reader.next() != null) {
          assertThat(reader.position()).isLessThanOrEqualTo(file.length);
        }
      } catch (MalformedException expected) {
        assertThat(expected.getMessage()).startsWith("t: ").doesNotContain("\n");
      }
    }
  }
}
