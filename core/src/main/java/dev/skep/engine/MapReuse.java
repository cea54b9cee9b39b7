package dev.skep.engine;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.program.MapSpec;
import org.jspecify.annotations.Nullable;

/** Whether a map that exists may stand for one of an object (map_is_reuse_compat of libbpf). */
final class MapReuse {
  private MapReuse() {}

  /**
   * Checks that the shapes are the same.
   *
   * @throws BpfErrnoException with EINVAL if they are not
   */
  static void check(MapSpec there, MapSpec wanted) {
    String first = differs("type", there.type().number(), wanted.type().number());
    first = first != null ? first : differs("key_size", there.keySize(), wanted.keySize());
    first = first != null ? first : differs("value_size", there.valueSize(), wanted.valueSize());
    first = first != null ? first : differs("max_entries", there.maxEntries(), wanted.maxEntries());
    first = first != null ? first : differs("map_flags", there.flags(), wanted.flags());
    first = first != null ? first : differs("map_extra", there.extra(), wanted.extra());
    if (first != null) {
      String what = "reuse of map \"" + there.name() + "\" as \"" + wanted.name() + "\"";
      throw new BpfErrnoException(Errno.EINVAL, what, "parameter mismatch: " + first);
    }
  }

  private static @Nullable String differs(String attribute, long has, long wanted) {
    return has == wanted
        ? null
        : attribute + " is " + has + " there and " + wanted + " in the object";
  }
}
