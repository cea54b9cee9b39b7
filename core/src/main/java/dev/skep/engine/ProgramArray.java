package dev.skep.engine;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a BPF_MAP_TYPE_PROG_ARRAY: where its tail calls go. Safe for threads, and made to be
 * changed while programs run: a run sees a slot before or after a change, never in between, and a
 * program that was taken out stays until the runs that may be in it are over.
 *
 * <pre>{@code
 * ProgramArray jumps = object.map("jumps").programArray();
 * jumps.set(0, object.program("parse_ipv4"));
 * jumps.remove(1);
 * jumps.ids(); // {0=17}
 * }</pre>
 *
 * <p>Closing the map empties all slots, as the kernel does when the last descriptor and pin are
 * gone.
 */
public final class ProgramArray {
  private final BpfMap map;

  private ProgramArray(BpfMap map) {
    this.map = map;
  }

  /**
   * The slots of that map.
   *
   * @throws IllegalArgumentException if it is no program array
   */
  public static ProgramArray of(BpfMap map) {
    if (map.spec().type() != MapType.PROG_ARRAY) {
      throw new IllegalArgumentException(
          "map \"" + map.spec().name() + "\" is a " + map.spec().type().text());
    }
    return new ProgramArray(map);
  }

  /** The number of slots, unsigned. */
  public int length() {
    return map.spec().maxEntries();
  }

  /**
   * Puts a program into a slot, in place of what is there.
   *
   * @throws BpfErrnoException with E2BIG for an index that is too large; EINVAL for a program that
   *     does not go with those that have used the array (another type, attach type, XDP fragments,
   *     sleepable, function to attach to, cgroup storage), for an extension and for a program of
   *     another engine; EBUSY for a program that an extension has changed; EDEADLK inside a run
   *     when another thread's change waits for that run
   * @throws IllegalStateException if the program is closed
   */
  public void set(int index, LoadedProgram program) {
    map.update(u32(index), u32(map.slotValueOf(program)), BpfMap.ANY);
  }

  /**
   * Empties a slot: tail calls to it fall through.
   *
   * @return false where it was empty
   * @throws BpfErrnoException with E2BIG for an index that is too large; EDEADLK inside a run that
   *     the change would have to wait for
   */
  public boolean remove(int index) {
    try {
      map.delete(u32(index));
      return true;
    } catch (BpfErrnoException refused) {
      if (refused.errno() == Errno.ENOENT) {
        return false;
      }
      throw refused;
    }
  }

  /** {@link LoadedProgram#id} of the program in a slot; empty where there is none. */
  public OptionalInt id(int index) {
    byte[] id = map.lookup(u32(index));
    return id == null ? OptionalInt.empty() : OptionalInt.of(number(id));
  }

  /** Index and program id of every slot that is filled, by index as a signed number. */
  public SortedMap<Integer, Integer> ids() {
    SortedMap<Integer, Integer> ids = new TreeMap<>();
    byte @Nullable [] key = map.nextKey(null);
    while (key != null) {
      byte[] id = map.lookup(key);
      if (id != null) {
        ids.put(number(key), number(id));
      }
      key = map.nextKey(key);
    }
    return Collections.unmodifiableSortedMap(ids);
  }

  private static byte[] u32(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static int number(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
  }
}
