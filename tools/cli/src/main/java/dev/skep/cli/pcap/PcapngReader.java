package dev.skep.cli.pcap;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The next generation format (draft-ietf-opsawg-pcapng): blocks of {type, length, body, length}.
 * Enhanced, simple and obsolete packet blocks give frames, interface blocks the link type; others
 * are passed over.
 */
final class PcapngReader extends CaptureReader {
  static final int SECTION_HEADER = 0x0a0d0d0a;
  private static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
  private static final int INTERFACE = 1;
  private static final int OBSOLETE_PACKET = 2;
  private static final int SIMPLE_PACKET = 3;
  private static final int ENHANCED_PACKET = 6;
  private static final int MAX_INTERFACES = 65_536;

  private int[] linkTypes = new int[4];
  private int[] snapLengths = new int[4];
  private int interfaces;
  private int linkType = -1;
  private boolean swapped;

  PcapngReader(CaptureInput in) {
    super(in);
    sectionHeader();
  }

  @Override
  public byte @Nullable [] next() {
    while (!in.atEnd()) {
      int type = in.peeked();
      if (type == SECTION_HEADER) {
        sectionHeader();
        continue;
      }
      int length = blockLength(12);
      byte[] frame = null;
      int used;
      switch (type) {
        case INTERFACE -> used = interfaceBlock(length);
        case ENHANCED_PACKET, OBSOLETE_PACKET -> {
          frame = packetBlock(type, length);
          used = 20 + frame.length;
        }
        case SIMPLE_PACKET -> {
          frame = simplePacketBlock(length);
          used = 4 + frame.length;
        }
        default -> used = 0;
      }
      in.skip(length - 12L - used);
      trailer(length);
      if (frame != null) {
        return frame;
      }
    }
    return null;
  }

  @Override
  public int linkType() {
    return linkType;
  }

  private void sectionHeader() {
    int rawLength = in.u32();
    int order = in.u32();
    if (order == BYTE_ORDER_MAGIC) {
      // The order that was in force reads this section too.
    } else if (Integer.reverseBytes(order) == BYTE_ORDER_MAGIC) {
      swapped = !swapped;
      in.bigEndian(swapped);
      rawLength = Integer.reverseBytes(rawLength);
    } else {
      throw in.malformed(String.format("byte order magic 0x%08x", order));
    }
    if (rawLength < 28 || rawLength % 4 != 0) {
      throw in.malformed("section header of " + Integer.toUnsignedString(rawLength) + " bytes");
    }
    in.skip(rawLength - 16L);
    trailer(rawLength);
    interfaces = 0;
  }

  private int blockLength(int least) {
    int length = in.u32();
    if (length < least || length % 4 != 0) {
      throw in.malformed("block of " + Integer.toUnsignedString(length) + " bytes");
    }
    return length;
  }

  private void trailer(int length) {
    if (in.u32() != length) {
      throw in.malformed("block whose two lengths differ");
    }
  }

  private int interfaceBlock(int length) {
    if (length < 20) {
      throw in.malformed("interface block of " + length + " bytes");
    }
    if (interfaces == MAX_INTERFACES) {
      throw in.malformed("more than " + MAX_INTERFACES + " interfaces");
    }
    if (interfaces == linkTypes.length) {
      linkTypes = Arrays.copyOf(linkTypes, interfaces * 2);
      snapLengths = Arrays.copyOf(snapLengths, interfaces * 2);
    }
    linkTypes[interfaces] = in.u16();
    in.u16();
    snapLengths[interfaces] = in.u32();
    interfaces++;
    return 8;
  }

  private byte[] packetBlock(int type, int length) {
    if (length < 32) {
      throw in.malformed("packet block of " + length + " bytes");
    }
    int index;
    if (type == OBSOLETE_PACKET) {
      index = in.u16();
      in.u16();
    } else {
      index = in.u32();
    }
    useInterface(index);
    in.skip(8);
    int captured = in.u32();
    in.u32();
    checkFrame(captured, length - 32);
    return in.bytes(captured);
  }

  private byte[] simplePacketBlock(int length) {
    if (length < 16) {
      throw in.malformed("simple packet block of " + length + " bytes");
    }
    useInterface(0);
    int captured = in.u32();
    int snap = snapLengths[0];
    if (snap != 0 && Integer.compareUnsigned(captured, snap) > 0) {
      captured = snap;
    }
    checkFrame(captured, length - 16);
    return in.bytes(captured);
  }

  private void useInterface(int index) {
    if (index < 0 || index >= interfaces) {
      throw in.malformed("packet of unknown interface " + Integer.toUnsignedString(index));
    }
    linkType = linkTypes[index];
  }

  private void checkFrame(int captured, int room) {
    if (captured < 0 || captured > room || captured > MAX_FRAME) {
      throw in.malformed("frame of " + Integer.toUnsignedString(captured) + " bytes");
    }
  }
}
