package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** The maps of one sample on one engine, filled as the sample says. */
public final class SampleMaps implements AutoCloseable {
  private final List<BpfMap> maps = new ArrayList<>();
  private final List<LoadedProgram> targets = new ArrayList<>();

  public SampleMaps(Engine engine, Sample sample) {
    List<MapSpec> specs = sample.program().maps();
    for (int i = 0; i < specs.size(); i++) {
      BpfMap map = engine.createMap(specs.get(i));
      maps.add(map);
      for (Sample.Element element : sample.contents().get(i)) {
        boolean slot = specs.get(i).type() == MapType.PROG_ARRAY;
        byte[] value =
            slot
                ? target(engine, sample.program().type(), element.value()[0])
                : forEveryCpu(map, element.value());
        map.update(element.key(), value, BpfMap.ANY);
      }
    }
  }

  /** Loads a program that returns a constant, for a slot of a program array. */
  private byte[] target(Engine engine, ProgramType type, int result) {
    long[] insns = {
      InsnWord.of(Opcodes.MOV64_K, 0, 0, 0, result), InsnWord.of(Opcodes.EXIT_CODE, 0, 0, 0, 0)
    };
    LoadedProgram target =
        engine.load(Program.of("target", type, "GPL", insns, List.of()), List.of());
    targets.add(target);
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(target.slotValue()).array();
  }

  public List<BpfMap> maps() {
    return maps;
  }

  /** Whether values have one part for each CPU. */
  public static boolean isPerCpu(MapSpec spec) {
    return spec.type() == MapType.PERCPU_ARRAY || spec.type() == MapType.PERCPU_HASH;
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
    maps.forEach(BpfMap::close);
    targets.forEach(LoadedProgram::close);
  }
}
