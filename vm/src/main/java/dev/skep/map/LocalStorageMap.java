package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfMapLayout;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * SK_STORAGE, TASK_STORAGE, INODE_STORAGE and CGRP_STORAGE (kernel/bpf/bpf_local_storage.c): values
 * that belong to an object of the kernel, here to the address of what stands for it. Java has no
 * descriptors of such objects, so its commands find none.
 */
public final class LocalStorageMap extends VmMap {
  /** Creates the value where there is none. */
  public static final int GET_F_CREATE = 1;

  private final ConcurrentMap<Long, Long> values = new ConcurrentHashMap<>();

  LocalStorageMap(Maps maps, MapSpec spec) {
    super(maps, spec, BpfMapLayout.SIZE + 64);
    maps.addStorage(this);
  }

  /**
   * bpf_sk_storage_get and its kin: the value's address, or 0.
   *
   * @param owner address of the object, or 0
   * @param initial address of the bytes for a new value, or 0 for zeros
   */
  public long get(long owner, long initial, long flags) {
    if (owner == 0 || (flags & ~GET_F_CREATE) != 0) {
      return 0;
    }
    Long value = values.get(owner);
    if (value == null && flags == GET_F_CREATE) {
      value = values.computeIfAbsent(owner, any -> element(initial));
    }
    return value == null ? 0 : value;
  }

  private long element(long initial) {
    long element = Memory.allocate(round8(valueSize()));
    if (initial != 0) {
      Memory.copy(initial, element, valueSize());
    }
    machine().addressSpace().add(element, round8(valueSize()));
    return element;
  }

  /** bpf_sk_storage_delete and its kin: 0 or a negative errno. */
  public long deleteOf(long owner) {
    if (owner == 0) {
      return -Errno.EINVAL;
    }
    Long value = values.remove(owner);
    drop(value);
    return value == null ? -Errno.ENOENT : 0;
  }

  /** The object is gone. */
  void forget(long owner) {
    if (!values.isEmpty()) {
      drop(values.remove(owner));
    }
  }

  private void drop(@Nullable Long value) {
    if (value != null) {
      long element = value;
      machine().gracePeriods().defer(() -> release(element));
    }
  }

  private void release(long element) {
    machine().addressSpace().remove(element);
    Memory.free(element);
  }

  @Override
  long copyOut(long key, long out, long flags) {
    return -Errno.EBADF;
  }

  @Override
  long copyIn(long key, long value, long flags) {
    return (flags & ~MapFlags.LOCK) > EXIST || flags < 0 ? -Errno.EINVAL : -Errno.EBADF;
  }

  @Override
  long remove(long key) {
    return -Errno.EBADF;
  }

  @Override
  public long elementCount() {
    return values.size();
  }

  @Override
  void freeContents() {
    maps().removeStorage(this);
    values.values().forEach(this::release);
  }
}
