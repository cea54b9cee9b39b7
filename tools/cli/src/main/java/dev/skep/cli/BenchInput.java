package dev.skep.cli;

import dev.skep.cli.pcap.CaptureReader;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PacketBatch;
import dev.skep.engine.TestRun;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What {@code skep bench} runs a program on: one input, or the first packets of a capture.
 *
 * @param packets empty where {@code single} is meant
 * @param text in words, as in "64 bytes of data"
 */
record BenchInput(@Nullable TestRun single, PacketBatch packets, String text) {
  /** They stay in the CPU's caches together; a longer capture gives the same figure. */
  private static final int MOST_PACKETS = 4096;

  private static final int DEFAULT_PACKET_BYTES = 64;

  /** One input; with neither data nor context the program's type decides. */
  static BenchInput of(byte @Nullable [] data, byte @Nullable [] context) {
    if (data == null && context == null) {
      return new BenchInput(null, new PacketBatch(), "");
    }
    String text =
        (data == null ? "" : data.length + " bytes of data")
            + (data == null || context == null ? "" : ", ")
            + (context == null ? "" : context.length + " bytes of context");
    return new BenchInput(new TestRun(data, context, 1, 0, 0, 0, 0, 0), new PacketBatch(), text);
  }

  /** The first packets of a capture that test_run does not refuse. */
  static BenchInput of(Path capture, LoadedProgram program) {
    PacketBatch all = new PacketBatch();
    try (CaptureReader reader = CaptureReader.open(capture)) {
      for (byte[] frame = reader.next();
          frame != null && all.count() < MOST_PACKETS;
          frame = reader.next()) {
        if (reader.linkType() != CaptureReader.LINKTYPE_ETHERNET) {
          throw new UnsupportedException("capture of link type " + reader.linkType());
        }
        all.add(frame);
      }
    }
    if (all.count() == 0) {
      throw new MalformedException(capture + ": no packet");
    }
    BenchWork.check(program, BenchWork.quiet(all.packet(0)));
    program.run(all);
    PacketBatch taken = new PacketBatch();
    for (int i = 0; i < all.count(); i++) {
      if (all.errno(i) == 0) {
        taken.add(all.packet(i));
      }
    }
    if (taken.count() == 0) {
      throw new BpfErrnoException(all.errno(0), "test_run of every packet of " + capture);
    }
    return new BenchInput(null, taken, taken.count() + " packets of a capture");
  }

  /** The input for a program: as given, else the first of a small packet and nothing it takes. */
  BenchInput orDefault(LoadedProgram program) {
    if (single != null || packets.count() > 0) {
      return this;
    }
    BenchInput packet = of(new byte[DEFAULT_PACKET_BYTES], null);
    TestRun nothing = new TestRun(null, null, 1, 0, 0, 0, 0, 0);
    try {
      BenchWork.check(program, java.util.Objects.requireNonNull(packet.single));
      return packet;
    } catch (BpfErrnoException refused) {
      if (refused.errno() != Errno.EINVAL) {
        throw refused;
      }
      return new BenchInput(nothing, new PacketBatch(), "no input");
    }
  }

  /** The runs of a program on this input; see {@link BenchWork#of}. */
  BenchWork work(LoadedProgram program, boolean ownClock) {
    return single == null
        ? BenchWork.of(program, packets, ownClock)
        : BenchWork.of(program, single, ownClock);
  }
}
