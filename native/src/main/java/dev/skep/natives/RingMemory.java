package dev.skep.natives;

/**
 * Memory of a ring whose data is mapped twice in a row, so that a record that wraps around is
 * contiguous:
 *
 * <pre>
 *   address          address + head        .. + data
 *   | head (zeroed)  | data                | the same data |
 * </pre>
 */
public final class RingMemory implements AutoCloseable {
  private final long address;
  private final long bytes;
  private final int memfd;
  private boolean closed;

  /**
   * @param headBytes a multiple of the page size
   * @param dataBytes a multiple of the page size
   * @throws OutOfMemoryError when there is no room
   */
  public RingMemory(long headBytes, long dataBytes) {
    if (headBytes % Pages.size() != 0 || dataBytes % Pages.size() != 0 || dataBytes <= 0) {
      throw new IllegalArgumentException("ring of " + headBytes + " and " + dataBytes + " bytes");
    }
    bytes = headBytes + 2 * dataBytes;
    address = Pages.reserve(bytes);
    memfd = Pages.memfd("skep-ring", dataBytes);
    if (headBytes > 0) {
      Pages.protect(address, headBytes, Pages.READ | Pages.WRITE);
    }
    Pages.mapOver(address + headBytes, dataBytes, Pages.READ | Pages.WRITE, memfd);
    Pages.mapOver(address + headBytes + dataBytes, dataBytes, Pages.READ | Pages.WRITE, memfd);
  }

  public long address() {
    return address;
  }

  /** Unmaps everything; no address of it may be used afterwards. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Pages.unmap(address, bytes);
      Pages.close(memfd);
    }
  }
}
