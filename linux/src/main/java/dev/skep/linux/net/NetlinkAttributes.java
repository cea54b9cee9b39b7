package dev.skep.linux.net;

import dev.skep.errors.MalformedException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Attributes of a message from the kernel, by type; of several of one type the last counts. */
public final class NetlinkAttributes {
  private static final int TYPE_MASK = 0x3fff;

  private final Map<Integer, byte[]> values = new HashMap<>();

  private NetlinkAttributes() {}

  /**
   * Reads a run of struct nlattr.
   *
   * @throws MalformedException if a length leads out of the bytes
   */
  static NetlinkAttributes parse(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    NetlinkAttributes attributes = new NetlinkAttributes();
    int at = 0;
    while (bytes.length - at >= NetlinkRequest.ATTRIBUTE_HEADER_BYTES) {
      int length = in.getShort(at) & 0xffff;
      if (length < NetlinkRequest.ATTRIBUTE_HEADER_BYTES || length > bytes.length - at) {
        throw new MalformedException(
            "netlink: attribute of " + length + " bytes at " + at + " of " + bytes.length);
      }
      attributes.values.put(
          in.getShort(at + 2) & TYPE_MASK,
          Arrays.copyOfRange(bytes, at + NetlinkRequest.ATTRIBUTE_HEADER_BYTES, at + length));
      at = Math.min(bytes.length, (at + length + 3) & ~3);
    }
    return attributes;
  }

  /** The bytes of an attribute, or null. */
  public byte @Nullable [] bytes(int type) {
    return values.get(type);
  }

  /** The number in an attribute of 1, 2 or 4 bytes, or {@code absent}. */
  public int number(int type, int absent) {
    byte[] value = values.get(type);
    if (value == null) {
      return absent;
    }
    ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.nativeOrder());
    return switch (value.length) {
      case 1 -> in.get() & 0xff;
      case 2 -> in.getShort() & 0xffff;
      case 4 -> in.getInt();
      default ->
          throw new MalformedException(
              "netlink: number of " + value.length + " bytes in attribute " + type);
    };
  }

  /** The text of an attribute up to its NUL, or null. */
  public @Nullable String text(int type) {
    byte[] value = values.get(type);
    if (value == null) {
      return null;
    }
    int end = 0;
    while (end < value.length && value[end] != 0) {
      end++;
    }
    return new String(value, 0, end, StandardCharsets.UTF_8);
  }

  /** The attributes inside an attribute; none where it is absent. */
  public NetlinkAttributes nested(int type) {
    byte[] value = values.get(type);
    return value == null ? new NetlinkAttributes() : parse(value);
  }
}
