package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.program.KernelTypes;
import dev.skep.program.MapSpec;
import dev.skep.program.ObjectFields;
import dev.skep.program.Program;
import dev.skep.program.SpecialFields;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is left of a program's types when it reaches the verifier. The kernel takes no BTF with
 * structs that hold their special fields wrongly, and no map whose value has fields that its type
 * of map cannot have; loaders then go on without the BTF, or make the map without types.
 */
final class TakenTypes {
  private final @Nullable KernelTypes kernel;

  private TakenTypes(@Nullable KernelTypes kernel) {
    this.kernel = kernel;
  }

  static Program of(Program program, VerifierOptions options) {
    KernelTypes kernel = options.kernel();
    return new TakenTypes(kernel.vmlinux() == null ? null : kernel).of(program);
  }

  @SuppressWarnings("ReferenceEquality") // what was not touched is the same object
  private Program of(Program program) {
    Btf btf = program.btf();
    boolean refused = btf != null && new ObjectFields(btf, kernel).check() != 0;
    List<MapSpec> maps = new ArrayList<>();
    boolean changed = refused;
    for (MapSpec map : program.maps()) {
      MapSpec taken = of(map, refused);
      changed |= taken != map;
      maps.add(taken);
    }
    if (!changed) {
      return program;
    }
    Program taken = program.withMaps(List.copyOf(maps));
    return refused ? taken.withoutTypes() : taken;
  }

  @SuppressWarnings("ReferenceEquality") // likewise
  private MapSpec of(MapSpec map, boolean refused) {
    Btf btf = map.btf();
    boolean untyped = btf != null && (refused || !isTaken(map, btf));
    MapSpec taken = untyped ? map.withTypes(null, 0, 0) : map;
    MapSpec template = map.inner();
    MapSpec inner = template == null ? null : of(template, refused);
    return inner == template ? taken : taken.withInner(inner);
  }

  /** map_check_btf, as far as verdicts depend on it. */
  private boolean isTaken(MapSpec map, Btf btf) {
    return hasKey(map, btf) && SpecialFields.of(map, kernel).checkMap(map) == 0;
  }

  /** Of these maps only sections of variables go without a type of their key. */
  private static boolean hasKey(MapSpec map, Btf btf) {
    int value = map.valueTypeId();
    return switch (map.type()) {
      case HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH -> map.keyTypeId() != 0 || value == 0;
      case ARRAY, PERCPU_ARRAY ->
          map.keyTypeId() != 0
              || value == 0
              || btf.hasType(value) && btf.kind(value) == BtfKind.DATASEC;
      default -> true;
    };
  }
}
