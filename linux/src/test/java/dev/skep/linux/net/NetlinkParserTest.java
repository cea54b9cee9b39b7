package dev.skep.linux.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read from the kernel stays inside its bounds, whatever its lengths say. */
class NetlinkParserTest {
  @Test
  void requestIsLaidOutAsTheKernelReadsIt() {
    NetlinkRequest request = new NetlinkRequest(19, NetlinkRequest.ACK).u8(1).u8(2).u16(3).u32(4);
    int outer = request.begin(43);
    request.attribute(1, 7).attribute(3, "abcd");
    byte[] bytes = request.end(outer).bytes(9);
    assertThat(HexFormat.of().formatHex(bytes))
        .isEqualTo(
            "30000000"
                + "13000500"
                + "09000000"
                + "00000000" // header
                + "01020300"
                + "04000000" // family header
                + "18002b80" // nested, 24 bytes
                + "08000100"
                + "07000000"
                + "09000300"
                + "6162636400000000");
  }

  @Test
  void largeRequestsGrow() {
    NetlinkRequest request = new NetlinkRequest(1, 0).attribute(1, new byte[60_000]);
    NetlinkMessage message = NetlinkMessage.parse(request.attribute(2, 5).bytes(1)).getFirst();
    assertThat(message.attributes(0).number(2, 0)).isEqualTo(5);
    assertThat(message.attributes(0).bytes(1)).hasSize(60_000);
    assertThatThrownBy(() -> new NetlinkRequest(1, 0).attribute(1, new byte[65_532]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "length below the header,   0f000000100000000100000000000000",
    "length behind the end,     14000000100000000100000000000000",
    "negative length,           f0ffffff100000000100000000000000",
    "tail that is no message,   1000000010000000010000000000000001020304",
  })
  void brokenMessages(String what, String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.strip());
    assertThatThrownBy(() -> NetlinkMessage.parse(bytes))
        .as(what)
        .isInstanceOf(MalformedException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "length below the header,   0300010000000000",
    "length behind the end,     0900010000000000",
    "zero length,               0000000000000000",
  })
  void brokenAttributes(String what, String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.strip());
    assertThatThrownBy(() -> NetlinkAttributes.parse(bytes))
        .as(what)
        .isInstanceOf(MalformedException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "acknowledgement,       0,   00000000,                                              0, ''",
    "short acknowledgement, 0,   00,                                                   -1, ''",
    "refused,               0,   eaffffff,                                             22, ''",
    "with words,            768, eaffffff00000000000000000000000000000000080001006e6f2100, 22, no!",
    "words behind request,  512, eaffffff14000000000000000000000000000000ffffffff080001006e6f2100,"
        + " 22, no!",
    "request too long,      512, eaffffff990000000000000000000000000000000800010061000000, 22, !",
    "request too short,     512, eaffffff030000000000000000000000000000000800010061000000, 22, !",
  })
  void errors(String what, int flags, String hex, int errno, String words) {
    NetlinkMessage message = new NetlinkMessage(2, flags, 1, HexFormat.of().parseHex(hex.strip()));
    if (errno < 0) {
      assertThatThrownBy(message::errno).as(what).isInstanceOf(MalformedException.class);
      return;
    }
    assertThat(message.errno()).as(what).isEqualTo(errno);
    if (words.equals("!")) {
      assertThatThrownBy(message::explanation).as(what).isInstanceOf(MalformedException.class);
    } else {
      assertThat(message.explanation()).as(what).isEqualTo(words);
    }
  }

  /** Every mutation of a real answer is read, or refused as malformed: nothing else. */
  @Test
  void mutatedAnswersNeverBreakTheParser() {
    Random random = new Random(20_251);
    byte[] seed = answer();
    int refused = 0;
    for (int round = 0; round < 200_000; round++) {
      byte[] bytes = Arrays.copyOf(seed, random.nextInt(seed.length + 1));
      for (int i = random.nextInt(6); i > 0 && bytes.length > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      try {
        read(bytes);
      } catch (MalformedException expected) {
        refused++;
      }
    }
    assertThat(refused).isBetween(10_000, 199_000);
  }

  private static byte[] answer() {
    NetlinkRequest link = new NetlinkRequest(16, 0).u8(0).u8(0).u16(1).u32(4).u32(0).u32(0);
    link.attribute(3, "sk0").attribute(1, new byte[6]);
    int xdp = link.begin(43);
    link.attribute(2, new byte[] {2}).attribute(4, 17);
    byte[] first = link.end(xdp).bytes(1);
    ByteBuffer error = ByteBuffer.allocate(28).order(ByteOrder.nativeOrder());
    error.putInt(-22).putInt(20).putShort((short) 16).position(20);
    error
        .putShort((short) 8)
        .putShort((short) 1)
        .put("no!".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    byte[] payload = error.array();
    ByteBuffer all = ByteBuffer.allocate(first.length + 16 + payload.length);
    all.order(ByteOrder.nativeOrder()).put(first);
    all.putInt(16 + payload.length).putShort((short) 2).putShort((short) 0x300).putInt(1).putInt(0);
    return all.put(payload).array();
  }

  private static void read(byte[] bytes) {
    List<NetlinkMessage> messages = NetlinkMessage.parse(bytes);
    for (NetlinkMessage message : messages) {
      if (message.type() == NetlinkMessage.ERROR) {
        message.errno();
        message.explanation();
      } else {
        NetlinkAttributes attributes = message.attributes(16);
        attributes.text(3);
        attributes.nested(43).number(4, 0);
        attributes.nested(18).nested(2).nested(1).text(3);
      }
    }
  }
}
