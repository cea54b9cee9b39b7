package dev.skep.linux;

import dev.skep.engine.BpfMap;
import dev.skep.engine.RingBuffer;
import dev.skep.linux.sys.Epoll;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several ring buffers of the kernel with one wait for all of them, as libbpf's ring_buffer__add
 * and ring_buffer__poll. Each has a consumer of its own; a consumer that says no is asked again at
 * the next call.
 */
public final class RingBuffers implements AutoCloseable {
  /** One ring with its taker, of which there is exactly one. */
  private record Member(
      KernelRing ring, RingBuffer.@Nullable Consumer consumer, RingBuffer.@Nullable View view) {
    int drain(Turns turns) {
      return view != null
          ? ring.consumeInPlace(view, turns::closed)
          : ring.consume(java.util.Objects.requireNonNull(consumer), turns::closed);
    }
  }

  private final List<Member> members = new ArrayList<>();
  private final List<KernelMap> maps = new ArrayList<>();
  private final Turns turns = new Turns("ring buffers", this::release);
  private @Nullable Epoll epoll;

  private void release() {
    if (epoll != null) {
      epoll.close();
    }
    members.forEach(member -> member.ring.close());
    maps.forEach(map -> map.ended(this));
  }

  /**
   * Adds a ring buffer, whose records go to {@code consumer} as copies. Closing its map closes this
   * reader, too.
   *
   * @throws IllegalArgumentException if the map is not in the kernel
   * @throws dev.skep.errors.UnsupportedException if it is no ring buffer
   */
  public RingBuffers add(BpfMap map, RingBuffer.Consumer consumer) {
    return add(map, consumer, null);
  }

  /** As {@link #add}, without copies. */
  public RingBuffers addInPlace(BpfMap map, RingBuffer.View view) {
    return add(map, null, view);
  }

  private RingBuffers add(
      BpfMap map, RingBuffer.@Nullable Consumer consumer, RingBuffer.@Nullable View view) {
    if (!(map instanceof KernelMap kernelMap)) {
      throw new IllegalArgumentException("map \"" + map.spec().name() + "\" is not in the kernel");
    }
    turns.begin();
    try {
      KernelRing ring = KernelRingBuffer.ring(kernelMap);
      try {
        if (epoll == null) {
          epoll = new Epoll(kernelMap.bpf().syscalls());
        }
        epoll.add(kernelMap.fd(), Epoll.READABLE, members.size());
      } catch (RuntimeException failed) {
        ring.close();
        throw failed;
      }
      members.add(new Member(ring, consumer, view));
      maps.add(kernelMap);
    } finally {
      turns.end();
    }
    kernelMap.dependent(this);
    return this;
  }

  /** Hands over what is in the rings by now, one ring after the other. */
  public int consume() {
    return turns.take(this::drain);
  }

  private int drain() {
    int count = 0;
    for (int i = 0; i < members.size() && !turns.closed(); i++) {
      count += members.get(i).drain(turns);
    }
    return count;
  }

  /** As {@link #consume}, but waits for the first record in any ring. */
  public int poll(Duration timeout) {
    Epoll waiting = epoll;
    if (waiting == null) {
      throw new IllegalStateException("no ring buffer to wait for");
    }
    return turns.poll(waiting, timeout, this::drain);
  }

  @Override
  public void close() {
    turns.close();
  }
}
