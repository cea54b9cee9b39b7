package dev.skep.map;

import dev.skep.engine.MapBatch;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.machine.HtabLayout;
import dev.skep.machine.SpinWait;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.layout.HtabElemLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * BPF_MAP_TYPE_HASH and LRU_HASH: an update of an existing key installs a new element, so a pointer
 * to the old value keeps its bytes until the element is used again.
 */
class HashTableMap extends VmMap {
  /** Optimistic copies before a Java reader takes the bucket's lock. */
  private static final int TRIES = 64;

  final HashTable table;
  final ElementPool pool;

  /** Values up to this size have elements for compiled updates. */
  private static final int MAX_COMPILED_VALUE = 4096;

  private final int valueOffset;
  private final boolean lru;
  private final long extraElements;
  private final AtomicInteger hand = new AtomicInteger();
  private final LongAdder count = new LongAdder();

  /** What elements hold behind their keys. */
  enum Stored {
    /** The value. */
    VALUE,
    /** The per-CPU offset of the value. */
    PERCPU_OFFSET,
    /** The address of another map. */
    ADDRESS
  }

  HashTableMap(Maps maps, MapSpec spec) {
    this(maps, spec, Stored.VALUE);
  }

  HashTableMap(Maps maps, MapSpec spec, Stored stored) {
    super(maps, spec, HtabLayout.SIZE);
    lru = spec.type() == MapType.LRU_HASH || spec.type() == MapType.LRU_PERCPU_HASH;
    valueOffset = HtabElemLayout.KEY + (int) round8(spec.keySize());
    int seed = (spec.flags() & MapFlags.ZERO_SEED) != 0 ? 0 : ThreadLocalRandom.current().nextInt();
    boolean perCpu = stored == Stored.PERCPU_OFFSET;
    long elementSize = valueOffset + (stored == Stored.VALUE ? round8(spec.valueSize()) : 8);
    int stripes = machine().cpus().count();
    boolean compiled =
        stored == Stored.VALUE
            && spec.type() == MapType.HASH
            && fields.isEmpty()
            && Integer.compareUnsigned(spec.valueSize(), MAX_COMPILED_VALUE) <= 0;
    long entries = Integer.toUnsignedLong(spec.maxEntries());
    pool =
        new ElementPool(
            machine().addressSpace(),
            elementSize,
            valueOffset,
            perCpu ? machine().perCpu() : null,
            (int) round8(spec.valueSize()),
            entries,
            spares(perCpu, compiled, stripes),
            (spec.flags() & MapFlags.NO_PREALLOC) == 0,
            stripes);
    table = new HashTable(spec.maxEntries(), spec.keySize(), seed);
    table.writeHeader(address(), elementSize);
    extraElements = compiled ? machine().perCpu().allocate(Long.BYTES, Long.BYTES) : 0;
    Memory.putLong(address() + HtabLayout.EXTRA_ELEMS, extraElements);
    for (int i = 0; compiled && i < stripes; i++) {
      Memory.putLong(machine().cpus().at(i).perCpuBase() + extraElements, pool.takeSpare());
    }
  }

  private static int spares(boolean perCpu, boolean compiled, int cpus) {
    return perCpu ? 0 : compiled ? 2 * cpus : cpus;
  }

  final int valueOffset() {
    return valueOffset;
  }

  @Override
  public long lookupElem(Cpu cpu, long key) {
    long element = table.find(key, table.hash(key));
    if (element == 0) {
      return 0;
    }
    touch(element);
    return element + valueOffset;
  }

  @Override
  public long findElement(long key) {
    return table.find(key, table.hash(key));
  }

  /** Marks an element as used, for the LRU. */
  final void touch(long element) {
    if (lru && Memory.getByte(element + HtabElemLayout.LRU_NODE_REF) == 0) {
      Memory.putByte(element + HtabElemLayout.LRU_NODE_REF, (byte) 1);
    }
  }

  @Override
  public long updateElem(Cpu cpu, long key, long value, long flags) {
    return update(cpu.index(), key, value, flags);
  }

  /** The errno of an update's flags alone, or 0. */
  int checkUpdateFlags(long flags) {
    boolean locks = (flags & MapFlags.LOCK) != 0;
    return (flags & ~MapFlags.LOCK) > EXIST || flags < 0 || locks && !fields.hasLock()
        ? Errno.EINVAL
        : 0;
  }

  private long update(int stripe, long key, long value, long flags) {
    int errno = checkUpdateFlags(flags);
    if (errno != 0) {
      return -errno;
    }
    int hash = table.hash(key);
    int bucket = table.bucketOf(hash);
    while (true) {
      table.lock(bucket);
      try {
        long old = table.find(key, hash);
        errno = checkPresence(old, flags);
        if (errno != 0) {
          return -errno;
        }
        if (old != 0 && (flags & MapFlags.LOCK) != 0) {
          fields.copy(value, old + valueOffset, old + valueOffset);
          return 0;
        }
        long element = old == 0 ? pool.take(stripe) : takeSpare();
        if (element != 0) {
          write(element, hash, key);
          writeValue(element, value);
          table.link(bucket, element);
          if (old != 0) {
            table.unlink(bucket, old);
            dropValue(old);
            pool.giveSpare(old);
          } else {
            count.increment();
          }
          return 0;
        }
      } finally {
        table.unlock(bucket);
      }
      if (!lru) {
        return -Errno.E2BIG;
      }
      evict();
    }
  }

  /** The errno of NOEXIST and EXIST against what is there, or 0. */
  static int checkPresence(long old, long flags) {
    if (old != 0 && (flags & NOEXIST) != 0) {
      return Errno.EEXIST;
    }
    return old == 0 && (flags & EXIST) != 0 ? Errno.ENOENT : 0;
  }

  /** Prepares a free element for its chain. */
  final void write(long element, int hash, long key) {
    Memory.putInt(element + HtabElemLayout.HASH, hash);
    Memory.copy(key, element + HtabElemLayout.KEY, keySize());
    if (lru) {
      Memory.putByte(element + HtabElemLayout.LRU_NODE_REF, (byte) 0);
    }
  }

  /** Replacing holds a spare element only for a moment: with many writers, wait for one. */
  private long takeSpare() {
    for (int tries = 0; ; tries++) {
      long element = pool.takeSpare();
      if (element != 0) {
        return element;
      }
      SpinWait.pause(tries);
    }
  }

  final void countNew() {
    count.increment();
  }

  final boolean isLru() {
    return lru;
  }

  /**
   * Frees one element that was not used lately: the hand goes round over all elements and clears
   * reference bits until it finds one without.
   */
  final void evict() {
    long size = pool.scanSize();
    for (long step = 0; step < 3 * size; step++) {
      long element = pool.scanned(Integer.toUnsignedLong(hand.getAndIncrement()) % size);
      long ref = element + HtabElemLayout.LRU_NODE_REF;
      if (Memory.getByte(ref) != 0) {
        Memory.putByte(ref, (byte) 0);
      } else if (removeElement(element)) {
        return;
      }
    }
  }

  private boolean removeElement(long element) {
    int bucket = table.bucketOf(Memory.getInt(element + HtabElemLayout.HASH));
    table.lock(bucket);
    try {
      if (!table.unlink(bucket, element)) {
        return false;
      }
      freeFields(element + valueOffset);
      pool.give(0, element);
      count.decrement();
      return true;
    } finally {
      table.unlock(bucket);
    }
  }

  @Override
  public long deleteElem(Cpu cpu, long key) {
    return delete(cpu.index(), key, 0);
  }

  /** Removes a key; copies the value out first unless {@code out} is 0. */
  private long delete(int stripe, long key, long out) {
    int hash = table.hash(key);
    int bucket = table.bucketOf(hash);
    table.lock(bucket);
    try {
      long element = table.find(key, hash);
      if (element == 0) {
        return -Errno.ENOENT;
      }
      if (out != 0) {
        copyValue(element, out, 0);
      }
      unlinkLocked(stripe, bucket, element);
      return 0;
    } finally {
      table.unlock(bucket);
    }
  }

  /** Removes an element of a locked bucket. */
  final void unlinkLocked(int bucket, long element) {
    unlinkLocked(0, bucket, element);
  }

  private void unlinkLocked(int stripe, int bucket, long element) {
    table.unlink(bucket, element);
    dropValue(element);
    pool.give(stripe, element);
    count.decrement();
  }

  @Override
  MapBatch lookupElements(byte @Nullable [] position, int wanted, long flags, boolean remove) {
    return withScratch(
        userValueSize(), scratch -> HashBatch.take(this, position, wanted, flags, remove, scratch));
  }

  /** Puts a value into a free element. */
  void writeValue(long element, long value) {
    initialise(value, element + valueOffset);
  }

  /** An element that is out of its chain lets go of its value. */
  void dropValue(long element) {
    freeFields(element + valueOffset);
  }

  /** Calls for every element; nobody changes the map. */
  final void forEachElement(LongConsumer action) {
    long last = Integer.toUnsignedLong(table.lastBucket());
    for (long at = 0; at <= last; at++) {
      for (long element = table.first((int) at);
          !HashTable.isEnd(element);
          element = HashTable.next(element)) {
        action.accept(element);
      }
    }
  }

  /** Copies an element's value out in user form. */
  void copyValue(long element, long out, long flags) {
    copyForUser(element + valueOffset, out, flags);
  }

  @Override
  long copyOut(long key, long out, long flags) {
    int hash = table.hash(key);
    int bucket = table.bucketOf(hash);
    for (int tries = 0; tries < TRIES; tries++) {
      int before = table.sequence(bucket);
      if ((before & 1) != 0) {
        SpinWait.pause(tries);
        continue;
      }
      long element = table.find(key, hash);
      if (element != 0) {
        copyValue(element, out, flags);
      }
      VarHandle.acquireFence();
      if (table.sequence(bucket) == before) {
        return element == 0 ? -Errno.ENOENT : 0;
      }
    }
    table.lock(bucket);
    try {
      long element = table.find(key, hash);
      if (element == 0) {
        return -Errno.ENOENT;
      }
      copyValue(element, out, flags);
      return 0;
    } finally {
      table.unlock(bucket);
    }
  }

  @Override
  long copyIn(long key, long value, long flags) {
    return update(0, key, value, flags);
  }

  @Override
  long remove(long key) {
    return delete(0, key, 0);
  }

  @Override
  long copyOutAndRemove(long key, long out, long flags) {
    return delete(0, key, out);
  }

  @Override
  long copyNextKey(long key, long out) {
    int bucket = 0;
    if (key != 0) {
      int hash = table.hash(key);
      bucket = table.bucketOf(hash);
      table.lock(bucket);
      try {
        long element = table.find(key, hash);
        if (element == 0) {
          bucket = 0;
        } else {
          long next = HashTable.next(element);
          if (!HashTable.isEnd(next)) {
            Memory.copy(next + HtabElemLayout.KEY, out, keySize());
            return 0;
          }
          bucket++;
        }
      } finally {
        table.unlock(table.bucketOf(hash));
      }
    }
    return copyFirstKey(bucket, out);
  }

  /** The first key in the buckets from {@code from} on. */
  private long copyFirstKey(int from, long out) {
    long last = Integer.toUnsignedLong(table.lastBucket());
    for (long at = Integer.toUnsignedLong(from); at <= last; at++) {
      int bucket = (int) at;
      if (HashTable.isEnd(table.first(bucket))) {
        continue;
      }
      table.lock(bucket);
      try {
        long element = table.first(bucket);
        if (!HashTable.isEnd(element)) {
          Memory.copy(element + HtabElemLayout.KEY, out, keySize());
          return 0;
        }
      } finally {
        table.unlock(bucket);
      }
    }
    return -Errno.ENOENT;
  }

  @Override
  public long forEach(Cpu cpu, ElementCallback callback) {
    long calls = 0;
    long last = Integer.toUnsignedLong(table.lastBucket());
    for (long at = 0; at <= last; at++) {
      long element = table.first((int) at);
      while (!HashTable.isEnd(element)) {
        // The callback may delete the element it sees.
        long next = HashTable.next(element);
        calls++;
        if (callback.call(element + HtabElemLayout.KEY, valueOf(cpu, element)) != 0) {
          return calls;
        }
        element = next;
      }
    }
    return calls;
  }

  /** The address of an element's value as a program on {@code cpu} sees it. */
  long valueOf(Cpu cpu, long element) {
    return element + valueOffset;
  }

  @Override
  public final long elementCount() {
    return count.sum();
  }

  @Override
  public long keyOf(long value, long scratch) {
    return value - round8(keySize());
  }

  @Override
  void freeContents() {
    if (!fields.isEmpty()) {
      forEachElement(element -> fields.end(element + valueOffset, maps().timers()));
    }
    if (extraElements != 0) {
      machine().perCpu().free(extraElements);
    }
    pool.free();
    table.free();
  }
}
