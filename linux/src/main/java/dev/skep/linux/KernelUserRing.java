package dev.skep.linux;

import dev.skep.engine.UserRingBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Epoll;
import dev.skep.linux.sys.Mapping;
import dev.skep.natives.Memory;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The writer of a BPF_MAP_TYPE_USER_RINGBUF: the pages of {@link KernelRing} with the roles turned
 * round. The consumer's page is read-only here, the producer's and the data are ours to write.
 */
final class KernelUserRing implements UserRingBuffer {
  private final KernelMap map;
  private final Mapping consumerPage;
  private final Mapping rest;
  private final Epoll epoll;
  private final long size;
  private final Turns turns;

  private KernelUserRing(KernelMap map, Mapping consumerPage, Mapping rest, Epoll epoll) {
    this.map = map;
    this.consumerPage = consumerPage;
    this.rest = rest;
    this.epoll = epoll;
    this.size = Integer.toUnsignedLong(map.spec().maxEntries());
    this.turns = new Turns(map.what("writer of"), this::release);
  }

  static KernelUserRing of(KernelMap map) {
    if (map.spec().type() != MapType.USER_RINGBUF) {
      throw new UnsupportedException(
          map.what("user ring buffer writer of") + " of type " + map.spec().type().text());
    }
    String what = map.what("mmap of");
    long page = Memory.pageSize();
    long bytes = page + 2 * Integer.toUnsignedLong(map.spec().maxEntries());
    Opened opened = new Opened();
    try {
      Mapping consumer =
          opened.take(Mapping.of(map.bpf().syscalls(), map.fd(), page, 0, false, what));
      Mapping rest =
          opened.take(Mapping.of(map.bpf().syscalls(), map.fd(), bytes, page, true, what));
      Epoll epoll = opened.take(new Epoll(map.bpf().syscalls()));
      epoll.add(map.fd(), Epoll.WRITABLE, 0);
      return new KernelUserRing(map, consumer, rest, epoll);
    } catch (RuntimeException failed) {
      opened.close();
      throw failed;
    }
  }

  private void release() {
    epoll.close();
    rest.close();
    consumerPage.close();
    map.ended(this);
  }

  @Override
  public @Nullable Sample reserve(int bytes) {
    turns.begin();
    try {
      return sample(reserveNow(bytes), bytes);
    } finally {
      turns.end();
    }
  }

  @Override
  public @Nullable Sample reserve(int bytes, Duration timeout) {
    long[] offset = {-1};
    turns.poll(
        epoll,
        timeout,
        () -> {
          offset[0] = reserveNow(bytes);
          return offset[0] < 0 ? 0 : 1;
        });
    return sample(offset[0], bytes);
  }

  @Override
  public boolean write(byte[] record) {
    turns.begin();
    try {
      long offset = reserveNow(record.length);
      if (offset < 0) {
        return false;
      }
      long header = header(offset);
      Memory.copy(record, 0, header + KernelRing.HEADER_BYTES, record.length);
      Memory.getAndSetInt(header, record.length);
      return true;
    } finally {
      turns.end();
    }
  }

  private long header(long offset) {
    return rest.address() + Memory.pageSize() + offset;
  }

  /** The offset in the data of a new record's header, or -1 when there is no room now. */
  private long reserveNow(int bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("record of " + bytes + " bytes");
    }
    long total = ((long) bytes + KernelRing.HEADER_BYTES + 7) & ~7L;
    if (bytes >= KernelRing.DISCARD || total > size) {
      throw new BpfErrnoException(
          Errno.E2BIG, "record of " + bytes + " bytes in " + map.what("").strip());
    }
    long consumed = Memory.getLongAcquire(consumerPage.address());
    long produced = Memory.getLong(rest.address());
    if (size - (produced - consumed) < total) {
      return -1;
    }
    long offset = produced & size - 1;
    Memory.putInt(header(offset), bytes | KernelRing.BUSY);
    Memory.putInt(header(offset) + Integer.BYTES, 0);
    // Pairs with the kernel's acquire in __bpf_user_ringbuf_peek: the header is there first.
    Memory.putLongRelease(rest.address(), produced + total);
    return offset;
  }

  private @Nullable Sample sample(long offset, int bytes) {
    if (offset < 0) {
      return null;
    }
    long payload = Memory.pageSize() + offset + KernelRing.HEADER_BYTES;
    ByteBuffer data = rest.segment(payload, bytes).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    return new Reserved(offset, bytes, data);
  }

  private final class Reserved implements Sample {
    private final long offset;
    private final int bytes;
    private final ByteBuffer data;
    private boolean done;

    Reserved(long offset, int bytes, ByteBuffer data) {
      this.offset = offset;
      this.bytes = bytes;
      this.data = data;
    }

    @Override
    public ByteBuffer data() {
      return data;
    }

    @Override
    public void submit() {
      commit(bytes);
    }

    @Override
    public void discard() {
      commit(bytes | KernelRing.DISCARD);
    }

    private void commit(int length) {
      turns.begin();
      try {
        if (done) {
          throw new IllegalStateException("record is submitted or discarded already");
        }
        done = true;
        // A full barrier, as the kernel's side expects: the payload is there first.
        Memory.getAndSetInt(header(offset), length);
      } finally {
        turns.end();
      }
    }
  }

  @Override
  public void close() {
    turns.close();
  }
}
