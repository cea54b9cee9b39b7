package dev.skep.engine;

import java.nio.ByteBuffer;

/** The values of an array that was created with BPF_F_MMAPABLE, as memory of this process. */
public interface MappedValues extends AutoCloseable {
  /**
   * The live bytes, little-endian: element i starts at i * round_up(value_size, 8). What programs
   * write shows at once, and the other way round. Using the buffer after {@link #close} throws
   * {@link IllegalStateException}.
   */
  ByteBuffer bytes();

  /** Ends the mapping. */
  @Override
  void close();
}
