package dev.skep.cli.pcap;

import org.jspecify.annotations.Nullable;

/**
 * The classic format (draft-ietf-opsawg-pcap): a 24-byte header, then per frame
 *
 * <pre>
 *  +---------+----------+--------------+--------------+-------+
 *  | seconds | fraction | captured len | original len | bytes |
 *  +---------+----------+--------------+--------------+-------+
 * </pre>
 */
final class PcapReader extends CaptureReader {
  private final int linkType;

  PcapReader(CaptureInput in, int magic) {
    super(in);
    in.bigEndian(magic == 0xa1b2c3d4 || magic == 0xa1b23c4d);
    int major = in.u16();
    in.u16();
    if (major != 2) {
      throw in.malformed("pcap version " + major);
    }
    in.skip(12);
    linkType = in.u32() & 0x0fff_ffff;
  }

  @Override
  public byte @Nullable [] next() {
    if (in.atEnd()) {
      return null;
    }
    in.skip(4);
    int captured = in.u32();
    in.skip(4);
    if (captured < 0 || captured > MAX_FRAME) {
      throw in.malformed("frame of " + Integer.toUnsignedString(captured) + " bytes");
    }
    return in.bytes(captured);
  }

  @Override
  public int linkType() {
    return linkType;
  }
}
