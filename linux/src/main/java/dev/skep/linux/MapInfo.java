package dev.skep.linux;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout;
import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel shows of a map (struct bpf_map_info).
 *
 * @param type number of the type (enum bpf_map_type)
 * @param name at most 15 bytes
 * @param btfId number of the BTF that the two type ids belong to, or 0
 */
public record MapInfo(
    int id,
    int type,
    int keySize,
    int valueSize,
    int maxEntries,
    int flags,
    String name,
    int btfId,
    int keyTypeId,
    int valueTypeId,
    long extra) {
  private static final int RDONLY_PROG = 0x80;

  static MapInfo of(Bpf bpf, int fd) {
    try (Attr attr = new Attr()) {
      long info = attr.putBuffer(AttrLayout.Info.INFO, AttrLayout.MapInfo.BYTES);
      attr.putInt(AttrLayout.Info.FD, fd);
      attr.putInt(AttrLayout.Info.LENGTH, AttrLayout.MapInfo.BYTES);
      int result = bpf.call(Bpf.OBJ_GET_INFO_BY_FD, attr);
      if (result < 0) {
        throw new BpfErrnoException(-result, "info of a map");
      }
      return new MapInfo(
          Memory.getInt(info + AttrLayout.MapInfo.ID),
          Memory.getInt(info + AttrLayout.MapInfo.TYPE),
          Memory.getInt(info + AttrLayout.MapInfo.KEY_SIZE),
          Memory.getInt(info + AttrLayout.MapInfo.VALUE_SIZE),
          Memory.getInt(info + AttrLayout.MapInfo.MAX_ENTRIES),
          Memory.getInt(info + AttrLayout.MapInfo.FLAGS),
          name(Attr.read(info + AttrLayout.MapInfo.NAME, Attr.NAME_BYTES)),
          Memory.getInt(info + AttrLayout.MapInfo.BTF_ID),
          Memory.getInt(info + AttrLayout.MapInfo.BTF_KEY_TYPE_ID),
          Memory.getInt(info + AttrLayout.MapInfo.BTF_VALUE_TYPE_ID),
          Memory.getLong(info + AttrLayout.MapInfo.EXTRA));
    }
  }

  /** A name of fixed room, cut at its NUL. */
  static String name(byte[] bytes) {
    String whole = new String(bytes, StandardCharsets.UTF_8);
    int end = whole.indexOf('\0');
    return end < 0 ? whole : whole.substring(0, end);
  }

  /** The map as a spec, without the types of key and value. */
  public MapSpec spec() {
    MapType known = MapType.ofNumber(type);
    if (known == null) {
      throw new UnsupportedException("map type " + type + " of map \"" + name + "\"");
    }
    return MapSpec.of(name, known, keySize, valueSize, maxEntries, flags).withExtra(extra);
  }

  /** What keeps a map like this from standing for a spec (map_is_reuse_compat), or null. */
  @Nullable String mismatch(MapSpec spec) {
    int ignored =
        switch (spec.type()) {
          // The kernel adds the flag to these by itself.
          case DEVMAP, DEVMAP_HASH -> RDONLY_PROG;
          default -> 0;
        };
    String first = differs("type", type, spec.type().number());
    first = first != null ? first : differs("key_size", keySize, spec.keySize());
    first = first != null ? first : differs("value_size", valueSize, spec.valueSize());
    first = first != null ? first : differs("max_entries", maxEntries, spec.maxEntries());
    first = first != null ? first : differs("map_flags", flags & ~ignored, spec.flags() & ~ignored);
    return first != null ? first : differs("map_extra", extra, spec.extra());
  }

  private static @Nullable String differs(String attribute, long has, long wanted) {
    return has == wanted
        ? null
        : attribute + " is " + has + " there and " + wanted + " in the object";
  }
}
