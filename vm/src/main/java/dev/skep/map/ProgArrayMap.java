package dev.skep.map;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.machine.Ids;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.ProgramType;
import dev.skep.program.layout.BpfArrayLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * BPF_MAP_TYPE_PROG_ARRAY: the targets of tail calls (prog_array_map_ops).
 *
 * <pre>
 *   header | ptrs[0 .. max)       | ptrs[max .. 2 max)    | room
 *          | struct bpf_prog or 0 | tail call entry or 0  |
 * </pre>
 *
 * <p>The second part, the cached targets, is there with {@link ProgArrayStorage#targets}; it begins
 * at max_entries as it was given, also where the room is rounded up.
 *
 * <p>A change takes {@link PokeMutex}; it exchanges the slot, then the cached target, then lets the
 * direct tail calls of tracked programs follow, then drops the old program, which is freed after a
 * grace period. Replacing never passes through an empty slot. Runs and lookups take no lock.
 *
 * <p>A value in user form is a program's id, in both directions.
 */
public final class ProgArrayMap extends VmMap {
  private final int entries;
  private final long slots;
  private final boolean targets;
  private final MapOwner owner = new MapOwner(true);
  private final PokeMutex mutex = new PokeMutex();

  /** Guarded by the mutex, as are the next two. */
  private final List<PokeUser> users = new ArrayList<>();

  private int filled;
  private boolean abandoned;

  ProgArrayMap(Maps maps, MapSpec spec) {
    super(maps, spec, maps.programArrays().blockSize(spec));
    targets = maps.programArrays().targets();
    entries = spec.maxEntries();
    slots = address() + BpfArrayLayout.PTRS;
    ArrayIndex.writeHeader(address(), 8, entries);
  }

  @Override
  public boolean accept(MapProgram program) {
    return owner.accept(program);
  }

  /**
   * Puts a program into a slot: 0 or a negative errno; -EDEADLK inside a run when another change
   * waits for that run.
   */
  public long set(int index, MapProgram program) {
    if (Integer.compareUnsigned(index, entries) >= 0) {
      return -Errno.E2BIG;
    }
    if (program.type() == ProgramType.EXT || !accept(program)) {
      return -Errno.EINVAL;
    }
    if (!program.retain()) {
      return -Errno.EBADF;
    }
    int joined = program.membership().join();
    if (joined < 0) {
      program.release();
      return joined;
    }
    long result = change(index, program);
    if (result < 0) {
      letGo(program);
    }
    return result;
  }

  /** Empties a slot: 0 or a negative errno; -EDEADLK inside a run that it would wait for. */
  public long unset(int index) {
    return Integer.compareUnsigned(index, entries) >= 0 ? -Errno.E2BIG : change(index, null);
  }

  /** The program in a slot, or null; what it gives may leave the slot at any time. */
  public @Nullable MapProgram get(int index) {
    if (Integer.compareUnsigned(index, entries) >= 0) {
      return null;
    }
    long block = Memory.getLongAcquire(slot(index));
    return block == 0 ? null : maps().directory().at(block);
  }

  private long change(int index, @Nullable MapProgram program) {
    boolean inside = machine().cpus().held();
    if (!mutex.acquire(inside)) {
      return -Errno.EDEADLK;
    }
    MapProgram old;
    try {
      old = get(index);
      if (program == null && old == null) {
        return -Errno.ENOENT;
      }
      if (program != null && abandoned) {
        return -Errno.EBADF;
      }
      boolean waits = program == null && waits(index);
      if (waits && inside) {
        return -Errno.EDEADLK;
      }
      mutex.waits(waits);
      exchange(index, old, program);
    } finally {
      mutex.release();
    }
    if (old != null) {
      letGo(old);
    }
    return 0;
  }

  private void exchange(int index, @Nullable MapProgram old, @Nullable MapProgram program) {
    filled += (program == null ? 0 : 1) - (old == null ? 0 : 1);
    Memory.putLongRelease(slot(index), program == null ? 0 : program.block());
    if (targets) {
      Memory.putLongRelease(target(index), program == null ? 0 : program.tailCallEntry());
    }
    for (PokeUser user : users) {
      if (uses(user, index)) {
        user.poke(index, old, program);
      }
    }
  }

  private static void letGo(MapProgram program) {
    program.membership().leave();
    program.release();
  }

  private boolean waits(int index) {
    for (PokeUser user : users) {
      if (user.waits() && uses(user, index)) {
        return true;
      }
    }
    return false;
  }

  private static boolean uses(PokeUser user, int index) {
    return Arrays.binarySearch(user.keys(), index) >= 0;
  }

  private long slot(int index) {
    return slots + 8 * Integer.toUnsignedLong(index);
  }

  private long target(int index) {
    return slots + 8 * (Integer.toUnsignedLong(entries) + Integer.toUnsignedLong(index));
  }

  /**
   * Makes a program's direct tail calls follow the slots from now on, beginning with what is in
   * them: its descriptors are stable.
   *
   * @throws BpfErrnoException with EDEADLK inside a run that a change waits for
   */
  public void track(PokeUser user) {
    if (!mutex.acquire(machine().cpus().held())) {
      throw new BpfErrnoException(Errno.EDEADLK, "load of a program with " + this);
    }
    try {
      for (int key : user.keys()) {
        MapProgram program = get(key);
        if (program != null) {
          user.poke(key, null, program);
        }
      }
      users.add(user);
    } finally {
      mutex.release();
    }
  }

  /**
   * Ends {@link #track}. Does not wait: a change that is under way may wait for the caller's run.
   *
   * @param then called once no change touches the sites any more; they may be freed
   */
  public void untrack(PokeUser user, Runnable then) {
    mutex.whenFree(() -> {
      users.remove(user);
      then.run();
    });
  }

  /** Works with the lock held: nothing changes meanwhile. */
  void locked(Runnable work) {
    mutex.acquire(false);
    try {
      work.run();
    } finally {
      mutex.release();
    }
  }

  // Commands that change slots may wait for a grace period: they are no guests.

  @Override
  long updateCommand(byte[] key, byte[] value, long flags) {
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    int index = u32(key);
    if (Integer.compareUnsigned(index, entries) >= 0) {
      return -Errno.E2BIG;
    }
    int id = u32(value);
    hold();
    try {
      MapProgram program = maps().directory().byId(id);
      if (program == null) {
        // 0 is what callers give who never set it; among descriptors it is standard input.
        return id == 0 || Ids.isLive(id) ? -Errno.EINVAL : -Errno.EBADF;
      }
      return set(index, program);
    } finally {
      release();
    }
  }

  @Override
  long deleteCommand(byte[] key) {
    hold();
    try {
      return unset(u32(key));
    } finally {
      release();
    }
  }

  private static int u32(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
  }

  @Override
  long copyOut(long key, long out, long flags) {
    MapProgram program = get(Memory.getInt(key));
    if (program == null) {
      return -Errno.ENOENT;
    }
    Memory.putInt(out, program.id());
    return 0;
  }

  @Override
  long copyNextKey(long key, long out) {
    return ArrayIndex.copyNext(key, out, entries);
  }

  /** Breaks the circle of programs that use the map and are in it; inside a run, after that run. */
  @Override
  void userGone() {
    if (!machine().cpus().held()) {
      clear();
    } else if (retain()) {
      maps()
          .deferredWork()
          .start(() -> {
            clear();
            release();
          });
    }
  }

  private void clear() {
    int[] left = new int[1];
    locked(() -> {
      abandoned = true;
      left[0] = filled;
    });
    for (int i = 0; left[0] > 0 && i != entries; i++) {
      if (Memory.getLongAcquire(slot(i)) != 0 && change(i, null) == 0) {
        left[0]--;
      }
    }
  }

  @Override
  void freeContents() {
    if (filled != 0) {
      throw new IllegalStateException(filled + " programs left in " + this);
    }
  }
}
