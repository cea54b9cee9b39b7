package dev.skep.linux;

import dev.skep.engine.RingBuffer;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Epoll;
import dev.skep.program.MapType;
import java.time.Duration;

/** The reader of one ring buffer map. */
final class KernelRingBuffer implements RingBuffer {
  private final KernelMap map;
  private final KernelRing ring;
  private final Epoll epoll;
  private final Turns turns;

  private KernelRingBuffer(KernelMap map, KernelRing ring, Epoll epoll) {
    this.map = map;
    this.ring = ring;
    this.epoll = epoll;
    this.turns = new Turns(map.what("reader of"), this::release);
  }

  static KernelRingBuffer of(KernelMap map) {
    KernelRing ring = ring(map);
    try {
      Epoll epoll = new Epoll(map.bpf().syscalls());
      KernelRingBuffer reader = new KernelRingBuffer(map, ring, epoll);
      try {
        epoll.add(map.fd(), Epoll.READABLE, 0);
        return reader;
      } catch (RuntimeException failed) {
        epoll.close();
        throw failed;
      }
    } catch (RuntimeException failed) {
      ring.close();
      throw failed;
    }
  }

  /** The pages of a map that must be a ring buffer. */
  static KernelRing ring(KernelMap map) {
    if (map.spec().type() != MapType.RINGBUF) {
      throw new UnsupportedException(
          map.what("ring buffer reader of") + " of type " + map.spec().type().text());
    }
    return KernelRing.of(map);
  }

  private void release() {
    epoll.close();
    ring.close();
    map.ended(this);
  }

  @Override
  public int consume(Consumer consumer) {
    return turns.take(() -> ring.consume(consumer, turns::closed));
  }

  @Override
  public int consumeInPlace(View view) {
    return turns.take(() -> ring.consumeInPlace(view, turns::closed));
  }

  @Override
  public int poll(Duration timeout, Consumer consumer) {
    return turns.poll(epoll, timeout, () -> ring.consume(consumer, turns::closed));
  }

  @Override
  public int pollInPlace(Duration timeout, View view) {
    return turns.poll(epoll, timeout, () -> ring.consumeInPlace(view, turns::closed));
  }

  @Override
  public void close() {
    turns.close();
  }
}
