package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.MapBatch;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.BpfErrnoException;
import dev.skep.program.MapType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a program did: one line per run, then one line per map. */
public record Behaviour(List<String> lines) {
  /** By how much a program may make a packet longer until its output is cut. */
  private static final int MORE_BYTES = 4096;

  private static final int BATCH = 64;
  private static final HexFormat HEX = HexFormat.of();

  /** Runs every packet of the sample, then reads the maps. */
  public static Behaviour of(LoadedProgram program, Sample sample, SampleMaps maps) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < sample.packets().size(); i++) {
      byte[] packet = sample.packets().get(i);
      byte[] context = sample.contexts().get(i);
      TestRun run =
          new TestRun(
              packet.length == 0 ? null : packet,
              context.length == 0 ? null : context,
              1,
              packet.length == 0 ? -1 : packet.length + MORE_BYTES,
              -1,
              0,
              0,
              0);
      lines.add(run(program, run));
    }
    List<BpfMap> all = maps.all();
    for (int i = 0; i < all.size(); i++) {
      if (isReadable(all.get(i).spec().type())) {
        lines.add("map " + i + " {" + String.join(", ", elements(all.get(i))) + "}");
      }
    }
    return new Behaviour(lines);
  }

  /** Whether the map has elements that are the same on every engine. */
  static boolean isReadable(MapType type) {
    return switch (type) {
      case ARRAY, PERCPU_ARRAY, HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH, LPM_TRIE -> true;
      case QUEUE, STACK -> true;
      default -> false;
    };
  }

  public String text() {
    return String.join("\n", lines);
  }

  static String run(LoadedProgram program, TestRun run) {
    try {
      TestRunResult result = program.testRun(run);
      return "retval=%#x size=%d data=%s ctx=%s"
          .formatted(result.retval(), result.dataSize(), hex(result.data()), hex(result.context()));
    } catch (BpfErrnoException refused) {
      return "errno=" + refused.errno();
    }
  }

  private static String hex(byte @Nullable [] bytes) {
    return bytes == null ? "-" : HEX.formatHex(bytes);
  }

  /** One text per element, ordered by key: hashes have no order of their own. */
  static List<String> elements(BpfMap map) {
    if (map.spec().keySize() == 0) {
      return drained(map);
    }
    TreeMap<String, String> elements = new TreeMap<>();
    int keySize = map.spec().keySize();
    int valueSize = map.userValueSize();
    MapBatch batch = new MapBatch(0, 0, new byte[0], new byte[0], null);
    do {
      batch = map.lookupBatch(batch.next(), BATCH, 0);
      for (int i = 0; i < batch.count(); i++) {
        byte[] key = Arrays.copyOfRange(batch.keys(), i * keySize, (i + 1) * keySize);
        byte[] value = Arrays.copyOfRange(batch.values(), i * valueSize, (i + 1) * valueSize);
        elements.put(hex(key), value(map, value));
      }
    } while (batch.errno() == 0 && batch.next() != null && batch.count() > 0);
    List<String> texts = new ArrayList<>();
    elements.forEach((of, value) -> texts.add(of + "=" + value));
    return texts;
  }

  /** What a queue or stack gives, one after the other. */
  private static List<String> drained(BpfMap map) {
    List<String> values = new ArrayList<>();
    byte[] none = {};
    for (byte[] v = map.lookupAndDelete(none, 0); v != null; v = map.lookupAndDelete(none, 0)) {
      values.add(hex(v));
    }
    return values;
  }

  /**
   * The value; of a per-CPU value the sum over the CPUs, because it does not matter which CPU the
   * runs had.
   */
  private static String value(BpfMap map, byte[] value) {
    if (!SampleMaps.isPerCpu(map.spec())) {
      return hex(value);
    }
    int stride = map.spec().valueSize() + 7 & ~7;
    TreeMap<BigInteger, Integer> parts = new TreeMap<>();
    for (int at = 0; at < value.length; at += stride) {
      byte[] part = Arrays.copyOfRange(value, at, at + map.spec().valueSize());
      parts.merge(new BigInteger(1, part), 1, Integer::sum);
    }
    return parts.toString();
  }
}
