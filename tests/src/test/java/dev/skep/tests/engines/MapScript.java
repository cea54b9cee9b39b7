package dev.skep.tests.engines;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Element commands as lines of text, each with what it gives:
 *
 * <pre>
 *   update KEY VALUE [noexist|exist|NUMBER] = ok | ERRNO
 *   lookup KEY [NUMBER] = VALUE | ERRNO
 *   take KEY = VALUE | ERRNO          lookup_and_delete
 *   delete KEY [NUMBER] = ok | ERRNO
 *   next KEY | next - = KEY | ERRNO
 *   freeze = ok | ERRNO
 *   fill FROM TO = ok | ERRNO         updates of all keys from FROM to TO, the last one's errno
 * </pre>
 *
 * Keys and values are numbers, little-endian in as many bytes as the map has; a value of a per-CPU
 * map is the number on every CPU; a key of a trie is ADDRESS/LENGTH; "-" is no key.
 */
final class MapScript {
  private final Engine engine;
  private final BpfMap map;

  MapScript(Engine engine, BpfMap map) {
    this.engine = engine;
    this.map = map;
  }

  /** The lines with what really came, to be compared with the lines as they were given. */
  static List<String> run(Engine engine, BpfMap map, List<String> lines) {
    MapScript script = new MapScript(engine, map);
    List<String> results = new ArrayList<>();
    for (String line : lines) {
      String command = line.substring(0, line.indexOf('=')).strip();
      results.add(command + " = " + script.result(command.split(" +", -1)));
    }
    return results;
  }

  private String result(String[] words) {
    try {
      return switch (words[0]) {
        case "update" -> {
          map.update(key(words[1]), value(words[2]), flags(words, 3));
          yield "ok";
        }
        case "lookup" -> value(map.lookup(key(words[1]), flags(words, 2)));
        case "take" -> value(map.lookupAndDelete(key(words[1]), flags(words, 2)));
        case "delete" -> {
          map.delete(key(words[1]), flags(words, 2));
          yield "ok";
        }
        case "next" -> next(map.nextKey(words[1].equals("-") ? null : key(words[1])));
        case "freeze" -> {
          map.freeze();
          yield "ok";
        }
        case "fill" -> {
          for (int i = Integer.parseInt(words[1]); i <= Integer.parseInt(words[2]); i++) {
            map.update(key(String.valueOf(i)), value(String.valueOf(i)), 0);
          }
          yield "ok";
        }
        default -> throw new IllegalArgumentException(words[0]);
      };
    } catch (BpfErrnoException refused) {
      return Errno.name(refused.errno());
    }
  }

  private static long flags(String[] words, int at) {
    return words.length <= at
        ? 0
        : switch (words[at]) {
          case "noexist" -> BpfMap.NOEXIST;
          case "exist" -> BpfMap.EXIST;
          default -> Long.parseLong(words[at]);
        };
  }

  private byte[] key(String word) {
    int size = map.spec().keySize();
    if (word.equals("-")) {
      return new byte[0];
    }
    if (word.contains("/")) {
      String[] parts = word.split("[./]", -1);
      byte[] key = new byte[size];
      for (int i = 4; i < size; i++) {
        key[i] = (byte) Integer.parseInt(parts[i - 4]);
      }
      key[0] = (byte) Integer.parseInt(parts[parts.length - 1]);
      return key;
    }
    return bytes(Long.parseLong(word), size);
  }

  private static byte[] bytes(long number, int size) {
    return Arrays.copyOf(Engines.u64(number), size);
  }

  private byte[] value(String word) {
    int size = map.spec().valueSize();
    byte[] one = bytes(Long.parseLong(word), size);
    if (!isPerCpu()) {
      return one;
    }
    byte[] all = new byte[map.userValueSize()];
    int stride = all.length / engine.cpus();
    for (int cpu = 0; cpu < engine.cpus(); cpu++) {
      System.arraycopy(one, 0, all, cpu * stride, size);
    }
    return all;
  }

  private boolean isPerCpu() {
    return switch (map.spec().type()) {
      case PERCPU_HASH, PERCPU_ARRAY, LRU_PERCPU_HASH -> true;
      default -> false;
    };
  }

  private String value(byte @Nullable [] value) {
    if (value == null) {
      return "ENOENT";
    }
    int stride = isPerCpu() ? value.length / engine.cpus() : value.length;
    long first = Engines.number(Arrays.copyOf(value, stride));
    return Arrays.equals(value(String.valueOf(first)), value)
        ? String.valueOf(first)
        : Arrays.toString(value);
  }

  private String next(byte @Nullable [] key) {
    if (key == null) {
      return "ENOENT";
    }
    if (map.spec().type() != dev.skep.program.MapType.LPM_TRIE) {
      return String.valueOf(Engines.number(key));
    }
    StringBuilder text = new StringBuilder();
    for (int i = 4; i < key.length; i++) {
      text.append(i == 4 ? "" : ".").append(key[i] & 0xff);
    }
    return text.append('/').append(key[0]).toString();
  }
}
