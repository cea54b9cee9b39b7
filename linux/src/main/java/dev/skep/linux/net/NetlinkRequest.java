package dev.skep.linux.net;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A message to the kernel while it is written: header, the family's own header, attributes that may
 * nest. All lengths are filled in here.
 *
 * <pre>
 *   struct nlmsghdr          len u32, type u16, flags u16, sequence u32, port u32
 *   family header            as ifinfomsg, tcmsg
 *   struct nlattr            len u16, type u16, value, padded to 4 bytes
 * </pre>
 */
public final class NetlinkRequest {
  /** Flags of a request (include/uapi/linux/netlink.h). */
  public static final int ACK = 4;

  public static final int ECHO = 8;
  public static final int REPLACE = 0x100;
  public static final int EXCL = 0x200;
  public static final int CREATE = 0x400;
  public static final int DUMP = 0x300;

  static final int HEADER_BYTES = 16;
  static final int ATTRIBUTE_HEADER_BYTES = 4;
  static final int NESTED = 0x8000;
  private static final int REQUEST = 1;
  private static final int MAX_ATTRIBUTE_BYTES = 0xffff;

  private ByteBuffer out = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());
  private final int flags;

  public NetlinkRequest(int type, int flags) {
    this.flags = flags;
    out.putInt(0).putShort((short) type).putShort((short) (flags | REQUEST)).putInt(0).putInt(0);
  }

  boolean isDump() {
    return (flags & DUMP) == DUMP;
  }

  private ByteBuffer room(int bytes) {
    if (out.remaining() < bytes) {
      int capacity = Math.max(2 * out.capacity(), out.position() + bytes);
      byte[] larger = Arrays.copyOf(out.array(), capacity);
      int position = out.position();
      out = ByteBuffer.wrap(larger).order(ByteOrder.nativeOrder()).position(position);
    }
    return out;
  }

  /** Appends a byte of a header. */
  public NetlinkRequest u8(int value) {
    room(1).put((byte) value);
    return this;
  }

  /** Appends 16 bits of a header, in the host's order. */
  public NetlinkRequest u16(int value) {
    room(2).putShort((short) value);
    return this;
  }

  /** Appends 32 bits of a header, in the host's order. */
  public NetlinkRequest u32(int value) {
    room(4).putInt(value);
    return this;
  }

  /** Appends an attribute. */
  public NetlinkRequest attribute(int type, byte[] value) {
    int length = ATTRIBUTE_HEADER_BYTES + value.length;
    if (length > MAX_ATTRIBUTE_BYTES) {
      throw new IllegalArgumentException("netlink attribute of " + value.length + " bytes");
    }
    room(length + 3).putShort((short) length).putShort((short) type).put(value);
    return pad();
  }

  private NetlinkRequest pad() {
    while (out.position() % 4 != 0) {
      room(1).put((byte) 0);
    }
    return this;
  }

  /** Appends an attribute of 32 bits. */
  public NetlinkRequest attribute(int type, int value) {
    byte[] bytes = new byte[4];
    ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putInt(value);
    return attribute(type, bytes);
  }

  /** Appends an attribute with a NUL-terminated text. */
  public NetlinkRequest attribute(int type, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return attribute(type, Arrays.copyOf(bytes, bytes.length + 1));
  }

  /** Starts an attribute of attributes; the result is for {@link #end}. */
  public int begin(int type) {
    int start = out.position();
    room(ATTRIBUTE_HEADER_BYTES).putShort((short) 0).putShort((short) (type | NESTED));
    return start;
  }

  /** Ends what {@link #begin} started. */
  public NetlinkRequest end(int start) {
    int length = out.position() - start;
    if (length > MAX_ATTRIBUTE_BYTES) {
      throw new IllegalArgumentException("nested netlink attribute of " + length + " bytes");
    }
    out.putShort(start, (short) length);
    return this;
  }

  /** The whole message. */
  byte[] bytes(int sequence) {
    out.putInt(0, out.position()).putInt(8, sequence);
    return Arrays.copyOf(out.array(), out.position());
  }
}
