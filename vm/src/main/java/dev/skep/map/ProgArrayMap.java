package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfArrayLayout;
import org.jspecify.annotations.Nullable;

/**
 * BPF_MAP_TYPE_PROG_ARRAY: the targets of tail calls.
 *
 * <pre>
 *   header | ptrs[0 .. max)          | targets[0 .. max)
 *          | struct bpf_prog or 0    | tail call entry or 0
 * </pre>
 *
 * A value in user form is a program's id, in both directions. Replacing a slot never passes through
 * an empty one; what was in it is let go after a grace period.
 */
public final class ProgArrayMap extends VmMap {
  private final int entries;
  private final long slots;
  private final @Nullable MapProgram[] programs;
  private @Nullable ProgramOwner owner;

  ProgArrayMap(Maps maps, MapSpec spec) {
    super(maps, spec, ArrayIndex.blockSize(spec, 16));
    entries = spec.maxEntries();
    slots = address() + BpfArrayLayout.PTRS;
    programs = new @Nullable MapProgram[entries];
    ArrayIndex.writeHeader(address(), 8, entries);
  }

  /** Makes a program that uses the map, or is put into it, its kind; false if it has another. */
  public synchronized boolean accept(ProgramOwner candidate) {
    ProgramOwner present = owner;
    if (present == null) {
      owner = candidate;
      return true;
    }
    return present.equals(candidate);
  }

  /** Puts a program into a slot: 0 or a negative errno. */
  public synchronized long set(int index, MapProgram program) {
    if (Integer.compareUnsigned(index, entries) >= 0) {
      return -Errno.E2BIG;
    }
    if (!accept(program.owner())) {
      return -Errno.EINVAL;
    }
    if (!program.retain()) {
      return -Errno.EBADF;
    }
    exchange(index, program);
    return 0;
  }

  private void exchange(int index, @Nullable MapProgram program) {
    MapProgram old = programs[index];
    programs[index] = program;
    Memory.putLongRelease(slots + 8L * index, program == null ? 0 : program.block());
    Memory.putLongRelease(
        slots + 8L * (entries + index), program == null ? 0 : program.tailCallEntry());
    if (old != null) {
      old.release();
    }
  }

  @Override
  long copyIn(long key, long value, long flags) {
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    int index = Memory.getInt(key);
    if (Integer.compareUnsigned(index, entries) >= 0) {
      return -Errno.E2BIG;
    }
    MapProgram program = maps().program(Memory.getInt(value));
    return program == null ? -Errno.EINVAL : set(index, program);
  }

  @Override
  synchronized long remove(long key) {
    int index = Memory.getInt(key);
    if (Integer.compareUnsigned(index, entries) >= 0) {
      return -Errno.E2BIG;
    }
    if (programs[index] == null) {
      return -Errno.ENOENT;
    }
    exchange(index, null);
    return 0;
  }

  @Override
  synchronized long copyOut(long key, long out, long flags) {
    int index = Memory.getInt(key);
    if (Integer.compareUnsigned(index, entries) >= 0) {
      return -Errno.ENOENT;
    }
    MapProgram program = programs[index];
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

  /** Breaks the circle of programs that use the map and are in it. */
  @Override
  synchronized void userGone() {
    for (int i = 0; i < programs.length; i++) {
      if (programs[i] != null) {
        exchange(i, null);
      }
    }
  }
}
