package dev.skep.bench;

import dev.skep.engine.PacketBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** The example's capture as one batch; a little-endian pcap file is assumed. */
final class Capture {
  private Capture() {}

  static PacketBatch read(Path path) {
    try {
      ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
      PacketBatch batch = new PacketBatch();
      for (int at = 24; at < file.capacity(); ) {
        byte[] packet = new byte[file.getInt(at + 8)];
        file.get(at + 16, packet);
        batch.add(packet);
        at += 16 + packet.length;
      }
      return batch;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
