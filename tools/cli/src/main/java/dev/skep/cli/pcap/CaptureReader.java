package dev.skep.cli.pcap;

import dev.skep.errors.MalformedException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A capture file as a stream of frames; the format is told by the first four bytes. Memory is
 * bounded by the largest frame, whatever the file's size.
 */
public abstract sealed class CaptureReader implements AutoCloseable
    permits PcapReader, PcapngReader {
  /** LINKTYPE_ETHERNET of the tcpdump link-type registry. */
  public static final int LINKTYPE_ETHERNET = 1;

  /** Frames above this many bytes are taken for a broken length field (tcpdump's own limit). */
  static final int MAX_FRAME = 262_144;

  final CaptureInput in;

  CaptureReader(CaptureInput in) {
    this.in = in;
  }

  /**
   * Opens a capture.
   *
   * @throws MalformedException if the file cannot be read or is neither pcap nor pcapng
   */
  public static CaptureReader open(Path path) {
    try {
      return open(path.toString(), new BufferedInputStream(Files.newInputStream(path), 1 << 16));
    } catch (java.nio.file.NoSuchFileException e) {
      throw new MalformedException(path + ": no such file");
    } catch (IOException e) {
      throw new MalformedException(path + ": cannot be read: " + e.getMessage());
    }
  }

  /** Reads a capture from a stream; {@code name} is used in messages. */
  public static CaptureReader open(String name, InputStream stream) {
    CaptureInput in = new CaptureInput(name, stream);
    int magic = in.firstWord();
    return switch (magic) {
      case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1 -> new PcapReader(in, magic);
      case PcapngReader.SECTION_HEADER -> new PcapngReader(in);
      default -> {
        in.close();
        throw new MalformedException(
            String.format("%s: neither pcap nor pcapng (first bytes 0x%08x)", name, magic));
      }
    };
  }

  /**
   * The next frame's captured bytes, or null at the end.
   *
   * @throws MalformedException if the file is cut or broken, with the byte offset
   */
  public abstract byte @Nullable [] next();

  /** Link type of the frame read last. */
  public abstract int linkType();

  /** Bytes of the file consumed so far. */
  public long position() {
    return in.position();
  }

  @Override
  public void close() {
    in.close();
  }
}
