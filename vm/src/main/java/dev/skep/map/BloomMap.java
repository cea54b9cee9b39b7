package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfMapLayout;
import java.util.concurrent.ThreadLocalRandom;

/** BPF_MAP_TYPE_BLOOM_FILTER (kernel/bpf/bloom_filter.c): push and peek, no false negatives. */
final class BloomMap extends VmMap {
  private static final int DEFAULT_HASHES = 5;
  private static final int HASH_MASK = 0xf;
  private static final long MAX_BITS = 1L << 32;

  private final long bits;
  private final long mask;
  private final int hashes;
  private final int seed;

  BloomMap(Maps maps, MapSpec spec) {
    super(maps, spec, BpfMapLayout.SIZE);
    int asked = (int) spec.extra() & HASH_MASK;
    hashes = asked == 0 ? DEFAULT_HASHES : asked;
    long wanted = Integer.toUnsignedLong(spec.maxEntries()) * hashes / 5 * 7;
    long count = Math.max(64, wanted >= MAX_BITS / 2 ? MAX_BITS : roundUp(wanted));
    mask = count - 1;
    bits = Memory.allocate(count / 8);
    seed = (spec.flags() & MapFlags.ZERO_SEED) != 0 ? 0 : ThreadLocalRandom.current().nextInt();
  }

  private static long roundUp(long count) {
    return count <= 1 ? 1 : Long.highestOneBit(count - 1) << 1;
  }

  private long bit(long value, int hash) {
    return Integer.toUnsignedLong(Jhash.hash(value, valueSize(), seed + hash)) & mask;
  }

  @Override
  public long pushElem(long value, long flags) {
    if (flags != ANY) {
      return -Errno.EINVAL;
    }
    for (int i = 0; i < hashes; i++) {
      long bit = bit(value, i);
      Memory.getAndOrLong(bits + (bit >>> 6 << 3), 1L << bit);
    }
    return 0;
  }

  @Override
  public long peekElem(long value) {
    for (int i = 0; i < hashes; i++) {
      long bit = bit(value, i);
      if ((Memory.getLongAcquire(bits + (bit >>> 6 << 3)) >>> bit & 1) == 0) {
        return -Errno.ENOENT;
      }
    }
    return 0;
  }

  @Override
  long copyIn(long key, long value, long flags) {
    return pushElem(value, flags);
  }

  @Override
  long remove(long key) {
    return -Errno.EOPNOTSUPP;
  }

  @Override
  long copyNextKey(long key, long out) {
    return -Errno.EOPNOTSUPP;
  }

  @Override
  void freeContents() {
    Memory.free(bits);
  }
}
