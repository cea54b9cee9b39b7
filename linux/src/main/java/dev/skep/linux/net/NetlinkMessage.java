package dev.skep.linux.net;

import dev.skep.errors.MalformedException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A message from the kernel.
 *
 * @param payload what follows the header
 */
public record NetlinkMessage(int type, int flags, int sequence, byte[] payload) {
  /** Types that every family has. */
  static final int NOOP = 1;

  static final int ERROR = 2;
  static final int DONE = 3;

  /** Of an ERROR: the request is not repeated behind its header (NLM_F_CAPPED). */
  private static final int CAPPED = 0x100;

  /** Of an ERROR: attributes follow (NLM_F_ACK_TLVS). */
  private static final int ACK_TLVS = 0x200;

  private static final int MESSAGE_TEXT = 1;

  /**
   * Cuts what one read of the socket gave into messages.
   *
   * @throws MalformedException if a length leads out of the bytes
   */
  static List<NetlinkMessage> parse(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    List<NetlinkMessage> messages = new ArrayList<>();
    int at = 0;
    while (bytes.length - at >= NetlinkRequest.HEADER_BYTES) {
      int length = in.getInt(at);
      if (length < NetlinkRequest.HEADER_BYTES || length > bytes.length - at) {
        throw new MalformedException(
            "netlink: message of " + length + " bytes at " + at + " of " + bytes.length);
      }
      messages.add(
          new NetlinkMessage(
              in.getShort(at + 4) & 0xffff,
              in.getShort(at + 6) & 0xffff,
              in.getInt(at + 8),
              Arrays.copyOfRange(bytes, at + NetlinkRequest.HEADER_BYTES, at + length)));
      at = (int) Math.min(bytes.length, (at + length + 3L) & ~3L);
    }
    if (at < bytes.length) {
      throw new MalformedException("netlink: " + (bytes.length - at) + " bytes behind messages");
    }
    return messages;
  }

  /** The 32 bits at an offset of the payload. */
  int u32(int offset) {
    if (offset < 0 || offset + 4L > payload.length) {
      throw new MalformedException(
          "netlink: message of type " + type + " has " + payload.length + " bytes");
    }
    return ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder()).getInt(offset);
  }

  /** The attributes behind the family's header. */
  NetlinkAttributes attributes(int headerBytes) {
    if (headerBytes > payload.length) {
      throw new MalformedException(
          "netlink: message of type " + type + " has " + payload.length + " bytes");
    }
    return NetlinkAttributes.parse(Arrays.copyOfRange(payload, headerBytes, payload.length));
  }

  /** The positive errno of an ERROR or DONE message, 0 for an acknowledgement. */
  int errno() {
    if (type == DONE && payload.length < 4) {
      return 0;
    }
    return -u32(0);
  }

  /** What the kernel says about an error beyond its number, or nothing (struct nlmsgerr). */
  String explanation() {
    if (type != ERROR || (flags & ACK_TLVS) == 0) {
      return "";
    }
    int request = 4 + NetlinkRequest.HEADER_BYTES;
    if ((flags & CAPPED) == 0) {
      long whole = 4L + (u32(4) & 0xffffffffL);
      if (whole < request || whole > payload.length) {
        throw new MalformedException("netlink: error about a message of " + u32(4) + " bytes");
      }
      request = (int) Math.min(payload.length, (whole + 3) & ~3L);
    }
    String text = attributes(request).text(MESSAGE_TEXT);
    return text == null ? "" : text;
  }
}
