package dev.skep.program;

import dev.skep.btf.Btf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A map before it is created: what BPF_MAP_CREATE takes, and what a loader does right after it.
 *
 * @param name as in the object, not truncated; empty when anonymous
 * @param keySize bytes
 * @param valueSize bytes
 * @param flags BPF_F_* of the creation
 * @param extra map_extra
 * @param inner the template of a map in map, else null
 * @param btf the BTF that the two type ids belong to, or null
 * @param keyTypeId BTF id, 0 for none
 * @param valueTypeId BTF id, 0 for none
 * @param initial the first element's bytes for global data (.data, .rodata, .bss, .percpu), else
 *     null
 * @param frozen whether the loader freezes the map after filling it (.rodata): the verifier folds
 *     its reads
 * @param slots static contents of a prog array or map in map: names of programs or maps, null for
 *     empty
 * @param pinByName whether LIBBPF_PIN_BY_NAME was asked
 * @param numaNode the node that BPF_F_NUMA_NODE (4) in the flags asks for, or -1 for none named
 */
public record MapSpec(
    String name,
    MapType type,
    int keySize,
    int valueSize,
    int maxEntries,
    int flags,
    long extra,
    @Nullable MapSpec inner,
    @Nullable Btf btf,
    int keyTypeId,
    int valueTypeId,
    byte @Nullable [] initial,
    boolean frozen,
    List<@Nullable String> slots,
    boolean pinByName,
    int numaNode) {

  /** A map without a NUMA node. */
  public MapSpec(
      String name,
      MapType type,
      int keySize,
      int valueSize,
      int maxEntries,
      int flags,
      long extra,
      @Nullable MapSpec inner,
      @Nullable Btf btf,
      int keyTypeId,
      int valueTypeId,
      byte @Nullable [] initial,
      boolean frozen,
      List<@Nullable String> slots,
      boolean pinByName) {
    this(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        extra,
        inner,
        btf,
        keyTypeId,
        valueTypeId,
        initial,
        frozen,
        slots,
        pinByName,
        -1);
  }

  /** A plain map without BTF or contents. */
  public static MapSpec of(
      String name, MapType type, int keySize, int valueSize, int maxEntries, int flags) {
    return new MapSpec(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        0,
        null,
        null,
        0,
        0,
        null,
        false,
        List.of(),
        false);
  }

  public MapSpec withMaxEntries(int entries) {
    return new MapSpec(
        name,
        type,
        keySize,
        valueSize,
        entries,
        flags,
        extra,
        inner,
        btf,
        keyTypeId,
        valueTypeId,
        initial,
        frozen,
        slots,
        pinByName,
        numaNode);
  }

  public MapSpec withInner(@Nullable MapSpec template) {
    return new MapSpec(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        extra,
        template,
        btf,
        keyTypeId,
        valueTypeId,
        initial,
        frozen,
        slots,
        pinByName,
        numaNode);
  }

  public MapSpec withInitial(byte @Nullable [] bytes, boolean freeze) {
    return new MapSpec(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        extra,
        inner,
        btf,
        keyTypeId,
        valueTypeId,
        bytes,
        freeze,
        slots,
        pinByName,
        numaNode);
  }

  public MapSpec withExtra(long mapExtra) {
    return new MapSpec(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        mapExtra,
        inner,
        btf,
        keyTypeId,
        valueTypeId,
        initial,
        frozen,
        slots,
        pinByName,
        numaNode);
  }

  public MapSpec withTypes(@Nullable Btf types, int keyId, int valueId) {
    return new MapSpec(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        extra,
        inner,
        types,
        keyId,
        valueId,
        initial,
        frozen,
        slots,
        pinByName,
        numaNode);
  }

  public MapSpec withPinByName(boolean pin) {
    return new MapSpec(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        extra,
        inner,
        btf,
        keyTypeId,
        valueTypeId,
        initial,
        frozen,
        slots,
        pin,
        numaNode);
  }

  public MapSpec withNumaNode(int node) {
    return new MapSpec(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        extra,
        inner,
        btf,
        keyTypeId,
        valueTypeId,
        initial,
        frozen,
        slots,
        pinByName,
        node);
  }

  public MapSpec withSlots(List<@Nullable String> names) {
    return new MapSpec(
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        extra,
        inner,
        btf,
        keyTypeId,
        valueTypeId,
        initial,
        frozen,
        names,
        pinByName,
        numaNode);
  }
}
