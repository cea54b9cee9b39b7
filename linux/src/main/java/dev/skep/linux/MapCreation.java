package dev.skep.linux;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout.MapCreate;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;

/**
 * BPF_MAP_CREATE as libbpf does it: with the types of key and value first, without them when the
 * kernel does not want them so.
 */
final class MapCreation {
  private final Bpf bpf;
  private final String name;

  /**
   * @param name what the kernel calls the map
   */
  MapCreation(Bpf bpf, String name) {
    this.bpf = bpf;
    this.name = name;
  }

  /** Creates the map, and its template for the time of the command. */
  Fd create(MapSpec spec) {
    if (spec.type() == MapType.STRUCT_OPS) {
      throw new UnsupportedException("linux engine: struct_ops map \"" + spec.name() + "\"");
    }
    MapSpec template = spec.inner();
    try (Fd inner = template == null ? null : createTemplate(template)) {
      int innerFd = inner == null ? 0 : inner.number();
      int result = takesTypes(spec) ? createTyped(spec, innerFd) : -1;
      if (result < 0) {
        result = create(spec, innerFd, 0);
      }
      if (result < 0) {
        throw new BpfErrnoException(
            -result, "creation of map \"" + spec.name() + "\"", Advice.of(bpf).ofMap(-result));
      }
      return bpf.own(result);
    }
  }

  private Fd createTemplate(MapSpec template) {
    return new MapCreation(bpf, kernelName(template.name())).create(template);
  }

  private int createTyped(MapSpec spec, int innerFd) {
    try (BtfFd btf = BtfFd.of(bpf, spec.btf())) {
      return btf.number() == 0 ? -1 : create(spec, innerFd, btf.number());
    }
  }

  /** Whether the spec has types and the kernel's type of map may have them (libbpf's list). */
  private static boolean takesTypes(MapSpec spec) {
    if (spec.btf() == null || spec.keyTypeId() == 0 && spec.valueTypeId() == 0) {
      return false;
    }
    return switch (spec.type()) {
      case PERF_EVENT_ARRAY,
          CGROUP_ARRAY,
          STACK_TRACE,
          ARRAY_OF_MAPS,
          HASH_OF_MAPS,
          DEVMAP,
          DEVMAP_HASH,
          CPUMAP,
          XSKMAP,
          SOCKMAP,
          SOCKHASH,
          QUEUE,
          STACK,
          ARENA ->
          false;
      default -> true;
    };
  }

  /** The map's descriptor or a negative errno. */
  private int create(MapSpec spec, int innerFd, int btfFd) {
    try (Attr attr = new Attr()) {
      attr.putInt(MapCreate.TYPE, spec.type().number());
      attr.putInt(MapCreate.KEY_SIZE, spec.keySize());
      attr.putInt(MapCreate.VALUE_SIZE, spec.valueSize());
      attr.putInt(MapCreate.MAX_ENTRIES, spec.maxEntries());
      attr.putInt(MapCreate.FLAGS, spec.flags());
      attr.putInt(MapCreate.INNER_MAP_FD, innerFd);
      attr.putInt(MapCreate.NUMA_NODE, Math.max(0, spec.numaNode()));
      attr.putName(MapCreate.NAME, name);
      attr.putLong(MapCreate.EXTRA, spec.extra());
      if (btfFd != 0) {
        attr.putInt(MapCreate.BTF_FD, btfFd);
        attr.putInt(MapCreate.BTF_KEY_TYPE_ID, spec.keyTypeId());
        attr.putInt(MapCreate.BTF_VALUE_TYPE_ID, spec.valueTypeId());
      }
      return bpf.call(Bpf.MAP_CREATE, attr);
    }
  }

  /** What bpf_obj_name_cpy accepts: letters, digits, underscores and dots. */
  static String kernelName(String name) {
    StringBuilder kept = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean good =
          c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.';
      kept.append(good ? c : '_');
    }
    return kept.toString();
  }
}
