package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One map definition: a struct whose members spell attributes (parse_btf_map_def of libbpf). {@code
 * __uint(max_entries, 8)} is a pointer to an array of 8, {@code __type(key, int)} a pointer to the
 * type, {@code __array(values, ..)} an array of pointers to the inner map's struct or to functions.
 */
final class MapDefinition {
  private final Btf btf;
  private final String map;
  private final boolean relaxed;
  private final boolean inner;
  private int type;
  private int keySize;
  private int valueSize;
  private int maxEntries;
  private int flags;
  private int numaNode = -1;
  private long extra;
  private int keyType;
  private int valueType;
  private boolean pinByName;
  private long valuesOffset = -1;
  private @Nullable MapSpec template;

  MapDefinition(Btf btf, String map, boolean relaxed, boolean inner) {
    this.btf = btf;
    this.map = map;
    this.relaxed = relaxed;
    this.inner = inner;
  }

  int numaNode() {
    return numaNode;
  }

  /** Offset of the static contents in the struct in bytes, -1 without any. */
  long valuesOffset() {
    return valuesOffset;
  }

  MapDefinition read(int struct) {
    for (int i = 0; i < btf.vlen(struct); i++) {
      String field = btf.string(btf.memberNameOffset(struct, i));
      int member = btf.memberType(struct, i);
      if (field.equals("values")) {
        if (i != btf.vlen(struct) - 1) {
          throw bad("'values' member should be last");
        }
        valuesOffset = (btf.memberBitOffset(struct, i) & 0xffffffffL) / 8;
        readValues(member);
      } else {
        readField(field, member);
      }
    }
    if (type == 0) {
      throw bad("map type isn't specified");
    }
    return this;
  }

  private void readField(String field, int member) {
    switch (field) {
      case "type" -> type = number(field, member);
      case "max_entries" -> maxEntries = number(field, member);
      case "map_flags" -> flags = number(field, member);
      case "numa_node" -> numaNode = number(field, member);
      case "key_size" -> keySize = agreed("key", keySize, number(field, member) & 0xffffffffL);
      case "value_size" ->
          valueSize = agreed("value", valueSize, number(field, member) & 0xffffffffL);
      case "key" -> {
        keyType = pointee("key", member);
        keySize = agreed("key", keySize, sizeOf("key", keyType));
      }
      case "value" -> {
        valueType = pointee("value", member);
        valueSize = agreed("value", valueSize, sizeOf("value", valueType));
      }
      case "map_extra" -> extra = longNumber(field, member);
      case "pinning" -> readPinning(number(field, member));
      default -> {
        if (!relaxed) {
          throw bad("unknown field '" + field + "'");
        }
      }
    }
  }

  private void readPinning(int pinning) {
    if (inner) {
      throw bad("inner def can't be pinned");
    }
    if (pinning != 0 && pinning != 1 && !relaxed) {
      throw bad("invalid pinning value " + Integer.toUnsignedString(pinning));
    }
    pinByName = pinning != 0;
  }

  /** Reads __array(values, ..): the inner map's definition, or the mark of a prog array. */
  private void readValues(int member) {
    if (inner) {
      throw bad("multi-level inner maps not supported");
    }
    int array = resolved(member);
    if (btf.kind(array) != BtfKind.ARRAY || btf.arrayLength(array) != 0) {
      throw bad("'values' spec is not a zero-sized array");
    }
    valueSize = agreed("value", valueSize, 4);
    int pointer = resolved(btf.arrayElement(array));
    if (btf.kind(pointer) != BtfKind.PTR) {
      throw bad("map-in-map inner def is of unexpected kind " + kindText(pointer));
    }
    int target = resolved(btf.target(pointer));
    boolean mapInMap =
        type == MapType.ARRAY_OF_MAPS.number() || type == MapType.HASH_OF_MAPS.number();
    if (btf.kind(target) == BtfKind.FUNC_PROTO) {
      if (type != MapType.PROG_ARRAY.number()) {
        throw bad(mapInMap ? "should be prog-array" : "should be map-in-map or prog-array");
      }
    } else if (!mapInMap) {
      throw bad(
          type == MapType.PROG_ARRAY.number()
              ? "should be map-in-map"
              : "should be map-in-map or prog-array");
    } else if (btf.kind(target) != BtfKind.STRUCT) {
      throw bad("map-in-map inner def is of unexpected kind " + kindText(target));
    } else {
      template = new MapDefinition(btf, map + ".inner", relaxed, true).read(target).spec();
    }
  }

  private int number(String field, int member) {
    int pointer = resolved(member);
    if (btf.kind(pointer) != BtfKind.PTR) {
      throw bad("attr '" + field + "': expected PTR, got " + kindText(pointer));
    }
    int array = btf.target(pointer);
    if (btf.kind(array) != BtfKind.ARRAY) {
      throw bad("attr '" + field + "': expected ARRAY, got " + kindText(array));
    }
    return btf.arrayLength(array);
  }

  private long longNumber(String field, int member) {
    int at = resolved(member);
    if (btf.kind(at) == BtfKind.PTR) {
      return number(field, member) & 0xffffffffL;
    }
    if (!BtfKind.isAnyEnum(btf.kind(at))) {
      throw bad("attr '" + field + "': expected ENUM or ENUM64, got " + kindText(at));
    }
    if (btf.vlen(at) != 1) {
      throw bad("attr '" + field + "': invalid __ulong");
    }
    return btf.enumValue(at, 0);
  }

  private int pointee(String what, int member) {
    if (btf.kind(member) != BtfKind.PTR) {
      throw bad(what + " spec is not PTR: " + kindText(member));
    }
    return btf.target(member);
  }

  private long sizeOf(String what, int id) {
    long size = btf.sizeOf(id);
    if (size < 0) {
      throw bad("can't determine " + what + " size for type [" + id + "]");
    }
    return size;
  }

  private int agreed(String what, int known, long size) {
    if (known != 0 && (known & 0xffffffffL) != size) {
      throw bad("conflicting " + what + " size " + Integer.toUnsignedString(known) + " != " + size);
    }
    return (int) size;
  }

  private int resolved(int id) {
    int at = btf.skip(id, true);
    if (at < 0) {
      throw bad("type [" + id + "] is an endless chain");
    }
    return at;
  }

  private String kindText(int id) {
    int kind = btf.kind(id);
    return kind == BtfKind.VOID ? "void" : BtfKind.name(kind).toLowerCase(Locale.ROOT);
  }

  private MalformedException bad(String what) {
    return new MalformedException("map \"" + map + "\": " + what);
  }

  MapSpec spec() {
    MapType mapType = MapType.ofNumber(type);
    if (mapType == null) {
      throw new UnsupportedException(
          "map \"" + map + "\": map type " + Integer.toUnsignedString(type));
    }
    boolean typed = (keyType | valueType) != 0 && !BtfMaps.takesNoTypes(mapType);
    return new MapSpec(
        map,
        mapType,
        keySize,
        valueSize,
        maxEntries,
        flags,
        extra,
        template,
        typed ? btf : null,
        typed ? keyType : 0,
        typed ? valueType : 0,
        null,
        false,
        List.of(),
        pinByName);
  }
}
