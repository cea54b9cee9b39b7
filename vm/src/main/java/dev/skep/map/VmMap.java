package dev.skep.map;

import dev.skep.data.BufferMemory;
import dev.skep.data.DataMemory;
import dev.skep.engine.BatchWalk;
import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.MapBatch;
import dev.skep.engine.MappedValues;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.machine.Guests;
import dev.skep.machine.HandleLayout;
import dev.skep.machine.Ids;
import dev.skep.machine.Machine;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.layout.BpfMapLayout;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A map in off-heap memory: a block that starts with struct bpf_map, and two doors to it.
 *
 * <p>Programs and their helpers use the element operations that take addresses and give addresses
 * or negative errnos; they hold a CPU. Java uses {@link BpfMap}, whose methods copy, and enter as
 * guests of the grace periods, so that memory stays while they look.
 *
 * <p>The block is freed when the last reference is gone and every reader of then has left: the
 * creator has one reference until {@link #close}, each loaded program one more.
 */
public abstract class VmMap implements BpfMap {
  /** Takes key and value of each element; see {@link #forEach}. */
  @FunctionalInterface
  public interface ElementCallback {
    /**
     * @return 0 to go on, anything else to stop
     */
    long call(long key, long value);
  }

  private static final int NOT_FOUND = -Errno.ENOENT;

  private final Maps maps;
  private final MapSpec spec;
  private final int id;
  private final int handle;
  private final long address;
  private final AtomicInteger references = new AtomicInteger(1);
  private volatile boolean frozen;

  /** Mappings through which Java can write; guarded by this. */
  private int writers;

  private volatile boolean closed;
  private @Nullable Arena views;

  /** What of its values is no plain data. */
  final ValueFields fields;

  /**
   * Allocates the block and fills struct bpf_map.
   *
   * @param blockSize bytes from the start of struct bpf_map
   */
  VmMap(Maps maps, MapSpec spec, long blockSize) {
    this.maps = maps;
    this.spec = spec;
    fields = ValueFields.of(spec);
    address = Memory.allocate(blockSize);
    machine().addressSpace().add(address, blockSize);
    id = Ids.next();
    handle = maps.add(this, id);
    Memory.putLong(address + HandleLayout.MAP, handle);
    Memory.putInt(address + BpfMapLayout.MAP_TYPE, spec.type().number());
    Memory.putInt(address + BpfMapLayout.KEY_SIZE, spec.keySize());
    Memory.putInt(address + BpfMapLayout.VALUE_SIZE, spec.valueSize());
    Memory.putInt(address + BpfMapLayout.MAX_ENTRIES, spec.maxEntries());
    Memory.putLong(address + BpfMapLayout.MAP_EXTRA, spec.extra());
    Memory.putInt(
        address + BpfMapLayout.MAP_FLAGS, spec.flags() & ~(MapFlags.RDONLY | MapFlags.WRONLY));
    Memory.putInt(address + BpfMapLayout.ID, id);
  }

  /** The machine that the map lives on. */
  public final Machine machine() {
    return maps.machine();
  }

  final Maps maps() {
    return maps;
  }

  final int handle() {
    return handle;
  }

  /** The address of struct bpf_map: the constant that programs load. */
  public final long address() {
    return address;
  }

  /** The map's number, unique in the process. */
  public final int id() {
    return id;
  }

  @Override
  public final int slotValueOf(LoadedProgram program) {
    String what = "program \"" + program.program().name() + "\"";
    if (!(program instanceof MapProgram mine)) {
      throw new BpfErrnoException(Errno.EINVAL, what + " in " + this, "it is another engine's");
    }
    if (!Ids.isLive(mine.id())) {
      throw new IllegalStateException("closed: " + what);
    }
    if (maps.directory().byId(mine.id()) == null) {
      throw new BpfErrnoException(Errno.EINVAL, what + " in " + this, "it is another runtime's");
    }
    return program.slotValue();
  }

  @Override
  public final int slotValue() {
    return id;
  }

  @Override
  public final MapSpec spec() {
    return spec;
  }

  public final int keySize() {
    return spec.keySize();
  }

  public final int valueSize() {
    return spec.valueSize();
  }

  /** The number of elements that the map reports, unsigned. */
  public final int maxEntries() {
    return Memory.getInt(address + BpfMapLayout.MAX_ENTRIES);
  }

  public final boolean frozen() {
    return frozen;
  }

  /**
   * Whether a program that uses the map goes with the programs in it; the first one makes it their
   * kind for ever.
   */
  public boolean accept(MapProgram program) {
    return true;
  }

  // ---- what programs do, on a CPU that they hold ----

  /** map_lookup_elem: the value's address, or 0. */
  public long lookupElem(Cpu cpu, long key) {
    return 0;
  }

  /** __htab_map_lookup_elem: the address of the element that holds the key, or 0. */
  public long findElement(long key) {
    return 0;
  }

  /** map_update_elem: 0 or a negative errno. */
  public long updateElem(Cpu cpu, long key, long value, long flags) {
    return -Errno.EOPNOTSUPP;
  }

  /** map_delete_elem: 0 or a negative errno. */
  public long deleteElem(Cpu cpu, long key) {
    return -Errno.EOPNOTSUPP;
  }

  /** map_lookup_percpu_elem: the address of that CPU's value, or 0. */
  public long lookupPerCpuElem(long key, int cpuNumber) {
    return 0;
  }

  /** map_push_elem: 0 or a negative errno. */
  public long pushElem(long value, long flags) {
    return -Errno.EOPNOTSUPP;
  }

  /** map_pop_elem: 0 or a negative errno. */
  public long popElem(long value) {
    return -Errno.EOPNOTSUPP;
  }

  /** map_peek_elem: 0 or a negative errno. */
  public long peekElem(long value) {
    return -Errno.EOPNOTSUPP;
  }

  /** redirect_map: the XDP verdict. */
  public long redirect(int index, long flags) {
    return 0;
  }

  /** for_each_map_elem: the number of calls made, or a negative errno. */
  public long forEach(Cpu cpu, ElementCallback callback) {
    return -Errno.EINVAL;
  }

  /** map_sum_elem_count: the number of elements. */
  public long elementCount() {
    return 0;
  }

  /**
   * The address that a value load (ld_imm64 src 2) of the first element gives; for a per-CPU map
   * the per-CPU offset.
   */
  public long directValue() {
    throw new IllegalStateException("no direct value in " + this);
  }

  // ---- what Java does; addresses are scratch memory, results 0 or negative errnos ----

  /** Copies the value out in its user form. */
  long copyOut(long key, long out, long flags) {
    return -Errno.ENOTSUPP;
  }

  /** Updates from a value in its user form. */
  long copyIn(long key, long value, long flags) {
    return -Errno.ENOTSUPP;
  }

  long remove(long key) {
    return -Errno.ENOTSUPP;
  }

  long copyOutAndRemove(long key, long out, long flags) {
    return -Errno.ENOTSUPP;
  }

  /** Copies the key after {@code key} out; 0 asks for the first. */
  long copyNextKey(long key, long out) {
    return -Errno.ENOTSUPP;
  }

  /** The errno of a lookup with these element flags, or 0. */
  int checkLookupFlags(long flags) {
    return flags == 0 || flags == MapFlags.LOCK && fields.hasLock() ? 0 : Errno.EINVAL;
  }

  /** Puts a value into a place that has none: special fields are as good as new. */
  final void initialise(long value, long place) {
    if (fields.isEmpty()) {
      Memory.copy(value, place, valueSize());
      return;
    }
    fields.copy(value, place);
    fields.clear(place);
  }

  /** Copies a value out for Java: special fields are zeros. */
  final void copyForUser(long value, long out, long flags) {
    if (fields.isEmpty()) {
      Memory.copy(value, out, valueSize());
      return;
    }
    if ((flags & MapFlags.LOCK) != 0) {
      fields.copy(value, out, value);
    } else {
      fields.copy(value, out);
    }
    fields.clear(out);
  }

  /** Waits for a lock in a value of any map and takes it: 0. */
  public static long lock(long address) {
    ValueFields.lock(address);
    return 0;
  }

  /** Frees a lock: 0. */
  public static long unlock(long address) {
    ValueFields.unlock(address);
    return 0;
  }

  /** The value that holds a timer. */
  public final long valueOfTimer(long timer) {
    return timer - fields.timerOffset();
  }

  /**
   * The address of a value's key.
   *
   * @param scratch 8 bytes for a key that the map does not store
   */
  public long keyOf(long value, long scratch) {
    throw new IllegalStateException("values of " + this + " have no timers");
  }

  /** Ends what the special fields of a value stand for. */
  final void freeFields(long value) {
    if (!fields.isEmpty()) {
      fields.free(value, maps.timers());
    }
  }

  /** The errno of an update of a batch with these element flags, or 0. */
  int checkBatchUpdateFlags(long flags) {
    return checkLookupFlags(flags);
  }

  /** The bytes that an update with these flags takes. */
  int updateSize(long flags) {
    return userValueSize();
  }

  /** The bytes that a lookup with these flags gives. */
  int lookupSize(long flags) {
    return userValueSize();
  }

  @Override
  public int userValueSize() {
    return spec.valueSize();
  }

  @Override
  public final int userValueSize(long flags) {
    return updateSize(flags);
  }

  @Override
  public final byte @Nullable [] lookup(byte[] key) {
    return lookup(key, 0);
  }

  @Override
  public final byte @Nullable [] lookup(byte[] key, long flags) {
    checkRight(MapFlags.WRONLY, "lookup in ");
    if (spec.type() == MapType.BLOOM_FILTER) {
      return peek(key, flags);
    }
    return read(key, flags, false, "lookup in ");
  }

  @Override
  public final byte @Nullable [] lookupAndDelete(byte[] key, long flags) {
    checkRight(MapFlags.WRONLY | MapFlags.RDONLY, "lookup_and_delete in ");
    checkThawed("lookup_and_delete in ");
    return read(key, flags, true, "lookup_and_delete in ");
  }

  // ---- batches ----

  @Override
  public final MapBatch lookupBatch(byte @Nullable [] position, int count, long flags) {
    checkRight(MapFlags.WRONLY, "lookup_batch in ");
    checkBatch(MapBatches.looksUp(spec.type()), flags & ~MapFlags.CPU_BITS, "lookup_batch in ");
    check(flags == 0 ? 0 : -checkLookupFlags(flags), "lookup_batch in ");
    return lookupElements(position, count, flags, false);
  }

  @Override
  public final MapBatch lookupAndDeleteBatch(byte @Nullable [] position, int count, long flags) {
    checkRight(MapFlags.WRONLY | MapFlags.RDONLY, "lookup_and_delete_batch in ");
    checkThawed("lookup_and_delete_batch in ");
    checkBatch(MapBatches.isHash(spec.type()), flags, "lookup_and_delete_batch in ");
    return lookupElements(position, count, 0, true);
  }

  @Override
  public final MapBatch updateBatch(byte[] keys, byte[] values, long flags) {
    checkRight(MapFlags.RDONLY, "update_batch of ");
    checkThawed("update_batch of ");
    checkBatch(MapBatches.looksUp(spec.type()), flags & ~MapFlags.CPU_BITS, "update_batch of ");
    check(flags == 0 ? 0 : -checkBatchUpdateFlags(flags), "update_batch of ");
    return BatchWalk.update(this, keys, values, flags);
  }

  @Override
  public final MapBatch deleteBatch(byte[] keys, long flags) {
    checkRight(MapFlags.RDONLY, "delete_batch in ");
    checkThawed("delete_batch in ");
    checkBatch(MapBatches.deletes(spec.type()), flags, "delete_batch in ");
    return BatchWalk.delete(this, keys, flags);
  }

  private void checkBatch(boolean supported, long flags, String what) {
    check(supported ? flags == 0 ? 0 : -Errno.EINVAL : -Errno.ENOTSUPP, what);
  }

  /** Looks up many elements; {@code remove} comes for hashes only. */
  MapBatch lookupElements(byte @Nullable [] position, int count, long flags, boolean remove) {
    return BatchWalk.lookup(this, position, count, flags);
  }

  private byte @Nullable [] read(byte[] key, long flags, boolean remove, String what) {
    checkLength("key", key.length, keySize());
    check(-checkLookupFlags(flags), what);
    int size = lookupSize(flags);
    Guests.Guest guest = enter();
    try {
      long keyAt = scratch(guest, size);
      long valueAt = keyAt + round8(keySize());
      Memory.copy(key, 0, keyAt, key.length);
      long result =
          remove ? copyOutAndRemove(keyAt, valueAt, flags) : copyOut(keyAt, valueAt, flags);
      if (result == NOT_FOUND) {
        return null;
      }
      check(result, what);
      byte[] value = new byte[size];
      Memory.copy(valueAt, value, 0, size);
      return value;
    } finally {
      leave(guest);
    }
  }

  /** A lookup whose input is the value: gives it back if it is there. */
  private byte @Nullable [] peek(byte[] value, long flags) {
    checkLength("value", value.length, valueSize());
    check(-checkLookupFlags(flags), "lookup in ");
    Guests.Guest guest = enter();
    try {
      long valueAt = scratch(guest, valueSize());
      Memory.copy(value, 0, valueAt, value.length);
      long result = peekElem(valueAt);
      check(result == NOT_FOUND ? 0 : result, "lookup in ");
      return result == 0 ? value.clone() : null;
    } finally {
      leave(guest);
    }
  }

  @Override
  public final void update(byte[] key, byte[] value, long flags) {
    checkRight(MapFlags.RDONLY, "update of ");
    checkThawed("update of ");
    checkLength("key", key.length, keySize());
    checkLength("value", value.length, updateSize(flags));
    check(updateCommand(key, value, flags), "update of ");
  }

  /** An update by bytes of checked lengths. */
  long updateCommand(byte[] key, byte[] value, long flags) {
    Guests.Guest guest = enter();
    try {
      long keyAt = scratch(guest, value.length);
      long valueAt = keyAt + round8(keySize());
      Memory.copy(key, 0, keyAt, key.length);
      Memory.copy(value, 0, valueAt, value.length);
      return copyIn(keyAt, valueAt, flags);
    } finally {
      leave(guest);
    }
  }

  @Override
  public final void delete(byte[] key) {
    delete(key, 0);
  }

  @Override
  public final void delete(byte[] key, long flags) {
    checkRight(MapFlags.RDONLY, "delete in ");
    checkThawed("delete in ");
    check(flags == 0 ? 0 : -Errno.EINVAL, "delete in ");
    checkLength("key", key.length, keySize());
    check(deleteCommand(key), "delete in ");
  }

  /** A deletion by a key of checked length. */
  long deleteCommand(byte[] key) {
    Guests.Guest guest = enter();
    try {
      long keyAt = scratch(guest, 0);
      Memory.copy(key, 0, keyAt, key.length);
      return remove(keyAt);
    } finally {
      leave(guest);
    }
  }

  @Override
  public final byte @Nullable [] nextKey(byte @Nullable [] key) {
    checkRight(MapFlags.WRONLY, "next key of ");
    Guests.Guest guest = enter();
    try {
      long keyAt = scratch(guest, keySize());
      long nextAt = keyAt + round8(keySize());
      if (key != null) {
        checkLength("key", key.length, keySize());
        Memory.copy(key, 0, keyAt, key.length);
      }
      long result = copyNextKey(key == null ? 0 : keyAt, nextAt);
      if (result == NOT_FOUND) {
        return null;
      }
      check(result, "next key of ");
      byte[] next = new byte[keySize()];
      Memory.copy(nextAt, next, 0, next.length);
      return next;
    } finally {
      leave(guest);
    }
  }

  @Override
  public final synchronized void freeze() {
    checkRight(MapFlags.RDONLY, "freeze of ");
    checkThawed("freeze of ");
    check(writers == 0 ? 0 : -Errno.EBUSY, "freeze of ");
    frozen = true;
  }

  @Override
  public final MappedValues mmap(boolean writable) {
    check(mappableBytes() < 0 ? mappableBytes() : 0, "mmap of ");
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("closed: " + this);
      }
      if (writable) {
        checkThawed("mmap of ");
        check((spec.flags() & MapFlags.RDONLY_PROG) != 0 ? -Errno.EACCES : 0, "mmap of ");
        writers++;
      }
      retain();
    }
    return new MappedArray(this, directValue(), mappableBytes(), writable);
  }

  /** Memory of the map for Java, until the map is closed. */
  final synchronized DataMemory memoryAt(long address, long bytes) {
    if (closed) {
      throw new IllegalStateException("closed: " + this);
    }
    Arena arena = views;
    if (arena == null) {
      arena = Arena.ofShared();
      views = arena;
    }
    return BufferMemory.of(Memory.segment(address, bytes, arena).asByteBuffer());
  }

  /** The bytes that Java may map, or the negative errno of mmap(2). */
  long mappableBytes() {
    return -Errno.ENOTSUPP;
  }

  /** A mapping has ended. */
  final void unmapped(boolean writable) {
    if (writable) {
      synchronized (this) {
        writers--;
      }
    }
    release();
  }

  /** Puts initial contents in the first element, zero-padded. */
  final void fill(byte[] contents) {
    if (contents.length > Integer.toUnsignedLong(valueSize())) {
      throw new IllegalArgumentException(
          contents.length + " bytes of contents, " + this + " has " + valueSize());
    }
    Guests.Guest guest = enter();
    try {
      long keyAt = scratch(guest, valueSize());
      long valueAt = keyAt + round8(keySize());
      Memory.fill(keyAt, round8(keySize()) + round8(valueSize()), (byte) 0);
      Memory.copy(contents, 0, valueAt, contents.length);
      check(fillElement(keyAt, valueAt), "contents of ");
    } finally {
      leave(guest);
    }
  }

  /** Stores one value under a key, on every CPU. */
  long fillElement(long key, long value) {
    return copyIn(key, value, ANY);
  }

  private long scratch(Guests.Guest guest, int bytes) {
    return guest.scratch(round8(keySize()) + round8(bytes) + 8);
  }

  /** Works as a guest, with off-heap memory of that many bytes. */
  final <T> T withScratch(int bytes, LongFunction<T> work) {
    Guests.Guest guest = enter();
    try {
      return work.apply(guest.scratch(round8(bytes) + 8));
    } finally {
      leave(guest);
    }
  }

  private Guests.Guest enter() {
    Guests.Guest guest = machine().guests().enter();
    if (closed) {
      machine().guests().leave(guest);
      throw new IllegalStateException("closed: " + this);
    }
    return guest;
  }

  /** Keeps the map while a command works on it as no guest. Pair with {@link #release}. */
  final void hold() {
    if (closed || !retain()) {
      throw new IllegalStateException("closed: " + this);
    }
  }

  private void leave(Guests.Guest guest) {
    machine().guests().leave(guest);
  }

  private void check(long result, String what) {
    if (result < 0) {
      throw new BpfErrnoException((int) -result, what + this);
    }
  }

  private void checkRight(int missing, String what) {
    if ((spec.flags() & missing) != 0) {
      throw new BpfErrnoException(Errno.EPERM, what + this);
    }
  }

  private void checkThawed(String what) {
    if (frozen) {
      throw new BpfErrnoException(Errno.EPERM, what + this);
    }
  }

  private void checkLength(String what, int length, int wanted) {
    if (length != wanted) {
      throw new IllegalArgumentException(
          what + " of " + length + " bytes, " + this + " has " + wanted);
    }
  }

  // ---- lifetime ----

  /** Adds a reference; false when the map is already gone. */
  public final boolean retain() {
    while (true) {
      int count = references.get();
      if (count == 0) {
        return false;
      }
      if (references.compareAndSet(count, count + 1)) {
        return true;
      }
    }
  }

  /** Drops a reference of {@link #retain}. */
  public final void release() {
    if (references.decrementAndGet() == 0) {
      machine().gracePeriods().defer(this::free);
    }
  }

  @Override
  public final void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      if (views != null) {
        views.close();
      }
    }
    Ids.gone(id);
    userGone();
    release();
  }

  /** The creator has let go; programs may still use the map. */
  void userGone() {}

  private void free() {
    freeContents();
    maps.remove(handle, id);
    machine().addressSpace().remove(address);
    Memory.free(address);
  }

  /** Frees what lies outside the block. Nobody looks any more. */
  void freeContents() {}

  static long round8(long size) {
    return size + 7 & -8L;
  }

  @Override
  public final String toString() {
    return Maps.describe(spec);
  }
}
