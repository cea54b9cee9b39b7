package dev.skep.map;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.SpecialFields;

/**
 * What BPF_MAP_CREATE asks of the types of keys and values (map_check_btf). Other types of map than
 * arrays and hashes take theirs as they are.
 */
final class MapTypeChecks {
  private MapTypeChecks() {}

  /** 0, or the errno that the kernel gives. */
  static int check(MapSpec spec) {
    Btf btf = spec.btf();
    if (btf == null || spec.valueTypeId() == 0 || !isArray(spec) && !isHash(spec)) {
      return 0;
    }
    if (spec.keyTypeId() == 0 && !isSection(spec, btf)) {
      return Errno.EINVAL;
    }
    return SpecialFields.of(spec, null).checkMap(spec);
  }

  private static boolean isArray(MapSpec spec) {
    return spec.type() == MapType.ARRAY || spec.type() == MapType.PERCPU_ARRAY;
  }

  private static boolean isHash(MapSpec spec) {
    return switch (spec.type()) {
      case HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH -> true;
      default -> false;
    };
  }

  /** Keys have no type in .data and the like alone (array_map_check_btf). */
  private static boolean isSection(MapSpec spec, Btf btf) {
    int type = spec.valueTypeId();
    return isArray(spec)
        && spec.maxEntries() == 1
        && btf.hasType(type)
        && btf.kind(type) == BtfKind.DATASEC
        && btf.size(type) == spec.valueSize();
  }
}
