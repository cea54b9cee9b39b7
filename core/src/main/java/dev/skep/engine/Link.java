package dev.skep.engine;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import java.nio.file.Path;

/**
 * A program that is attached to a place. Closing it takes the program away, unless the link was
 * pinned; it does so once, however often it is called. Failures are {@link BpfErrnoException}.
 */
public interface Link extends AutoCloseable {
  /**
   * What is attached where, as the engine says it now.
   *
   * @throws IllegalStateException if the link is closed
   */
  LinkInfo info();

  /**
   * Puts another program in the place of this link's, at once: no event passes both or neither.
   *
   * @throws UnsupportedException if links of this kind keep their program
   * @throws IllegalStateException if the link is closed
   */
  void update(LoadedProgram program);

  /**
   * Gives the link a name in a BPF file system: it then outlives {@link #close} and this process,
   * until the file is removed.
   *
   * @throws UnsupportedException if this is no link of the kernel's own
   * @throws IllegalStateException if the link is closed
   */
  void pin(Path file);

  /**
   * Takes the program away although pins and other descriptors still hold the link. It stays to be
   * closed.
   *
   * @throws UnsupportedException if links of this kind cannot be detached by force
   * @throws IllegalStateException if the link is closed
   */
  void detach();

  /** Ends the attachment. */
  @Override
  void close();
}
