package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.RejectedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The maps of one sample on one engine, filled as the sample says. */
public final class SampleMaps implements AutoCloseable {
  private final Engine engine;
  private final Sample sample;
  private final @Nullable SpareMaps spare;
  private final List<BpfMap> maps = new ArrayList<>();
  private final List<BpfMap> inner = new ArrayList<>();
  private final List<LoadedProgram> programs = new ArrayList<>();
  private final Map<Integer, @Nullable LoadedProgram> targets = new HashMap<>();

  public SampleMaps(Engine engine, Sample sample) {
    this(engine, sample, null);
    try {
      for (int i = 0; i < maps.size(); i++) {
        fill(maps.get(i), i < sample.contents().size() ? sample.contents().get(i) : List.of());
      }
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  private SampleMaps(Engine engine, Sample sample, @Nullable SpareMaps spare) {
    this.engine = engine;
    this.sample = sample;
    this.spare = spare;
    try {
      for (MapSpec spec : sample.program().maps()) {
        maps.add(spare == null ? engine.createMap(spec) : spare.take(spec));
      }
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  /** Maps that are good enough to load the program with, of what earlier samples left. */
  static SampleMaps empty(SpareMaps spare, Sample sample) {
    return new SampleMaps(spare.engine(), sample, spare);
  }

  private void fill(BpfMap map, List<Sample.Element> elements) {
    for (Sample.Element element : elements) {
      byte[] value =
          switch (map.spec().type()) {
            case PROG_ARRAY -> slot(element.value());
            case ARRAY_OF_MAPS, HASH_OF_MAPS -> innerMap(map.spec(), element.value());
            default -> forEveryCpu(map, element.value());
          };
      if (value != null) {
        map.update(element.key(), value, BpfMap.ANY);
      }
    }
  }

  private static byte[] number(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  /** The program that an element names; null for one that is refused, or may crash Linux. */
  private byte @Nullable [] slot(byte[] element) {
    if (element.length == 1) {
      return number(constant(sample.program(), element[0]).slotValue());
    }
    int index = ByteBuffer.wrap(element).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (!targets.containsKey(index)) {
      targets.put(index, target(sample.targets().get(index)));
    }
    LoadedProgram target = targets.get(index);
    return target == null ? null : number(target.slotValue());
  }

  private @Nullable LoadedProgram target(Program program) {
    if (KernelHazard.isHazard(program)) {
      return null;
    }
    try {
      LoadedProgram loaded = engine.load(program, maps);
      programs.add(loaded);
      return loaded;
    } catch (RejectedException | BpfErrnoException refused) {
      return null;
    }
  }

  /** Loads a program that returns a constant, for a slot of a program array. */
  private LoadedProgram constant(Program like, int result) {
    long[] insns = {
      InsnWord.of(Opcodes.MOV64_K, 0, 0, 0, result), InsnWord.of(Opcodes.EXIT_CODE, 0, 0, 0, 0)
    };
    ProgramType type = like.type();
    Program program =
        new Program(
            "target",
            "",
            type,
            like.expectedAttachType(),
            like.flags(),
            "GPL",
            insns,
            List.of(),
            List.of(),
            List.of(),
            null,
            null);
    LoadedProgram target = engine.load(program, List.of());
    programs.add(target);
    return target;
  }

  private byte[] innerMap(MapSpec outer, byte[] value) {
    MapSpec spec = Objects.requireNonNull(outer.inner());
    BpfMap map = engine.createMap(spec);
    inner.add(map);
    map.update(new byte[spec.keySize()], forEveryCpu(map, value), BpfMap.ANY);
    return number(map.slotValue());
  }

  /** The maps of the program, in order. */
  public List<BpfMap> maps() {
    return maps;
  }

  /** The maps of the program, then the ones in slots of maps of maps. */
  public List<BpfMap> all() {
    List<BpfMap> all = new ArrayList<>(maps);
    all.addAll(inner);
    return all;
  }

  /** Whether values have one part for each CPU. */
  public static boolean isPerCpu(MapSpec spec) {
    return spec.type() == MapType.PERCPU_ARRAY
        || spec.type() == MapType.PERCPU_HASH
        || spec.type() == MapType.LRU_PERCPU_HASH;
  }

  private static byte[] forEveryCpu(BpfMap map, byte[] value) {
    byte[] all = new byte[map.userValueSize()];
    int stride = isPerCpu(map.spec()) ? value.length + 7 & ~7 : value.length;
    for (int at = 0; at + value.length <= all.length; at += stride) {
      System.arraycopy(value, 0, all, at, value.length);
    }
    return all;
  }

  @Override
  public void close() {
    SpareMaps taker = spare;
    maps.forEach(map -> {
      if (taker == null) {
        map.close();
      } else {
        taker.giveBack(map);
      }
    });
    inner.forEach(BpfMap::close);
    programs.forEach(LoadedProgram::close);
  }
}
