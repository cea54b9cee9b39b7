package dev.skep.run;

import dev.skep.btf.Btf;
import dev.skep.engine.MapBatch;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.map.MapFlags;
import dev.skep.map.VmMap;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Does what one golden case says, and stops at the first difference. */
final class CaseRun {
  private static final HexFormat HEX = HexFormat.of();

  private final Vm vm;
  private final RuntimeCase golden;
  private final @Nullable Btf kernel;
  private final List<@Nullable VmMap> maps = new ArrayList<>();
  private @Nullable VmProgram program;
  private @Nullable String difference;
  private @Nullable String outOfScope;

  CaseRun(Vm vm, RuntimeCase golden, @Nullable Btf kernel) {
    this.vm = vm;
    this.kernel = kernel;
    this.golden = golden;
  }

  @Nullable String difference() {
    return difference;
  }

  @Nullable String outOfScope() {
    return outOfScope;
  }

  void run() {
    try {
      create();
      load();
      for (int i = 0; i < golden.steps.size() && !over(); i++) {
        step(i, golden.steps.get(i));
      }
      if (!over()) {
        contents();
      }
    } catch (UnsupportedException missing) {
      outOfScope = shortened(String.valueOf(missing.getMessage()));
    } catch (RuntimeException fault) {
      difference = fault.toString();
    } finally {
      if (program != null) {
        program.close();
      }
      for (VmMap map : maps) {
        if (map != null) {
          map.close();
        }
      }
    }
  }

  private static String shortened(String message) {
    return message.replaceAll("program \"golden\": ", "").replaceAll(" \\(.*", "");
  }

  private boolean over() {
    return difference != null || outOfScope != null;
  }

  private void differ(String what, @Nullable Object expected, @Nullable Object actual) {
    if (difference == null) {
      difference = what + ": expected " + expected + ", got " + actual;
    }
  }

  private void create() {
    for (Map<String, Object> map : golden.maps) {
      MapSpec spec = golden.spec(map);
      String wanted = errno(map.get("create_errno"));
      try {
        VmMap made = vm.createMap(spec);
        maps.add(made);
        if (!wanted.equals("0")) {
          differ("creation of " + map, wanted, "0");
          return;
        }
        fill(made, map);
      } catch (BpfErrnoException refused) {
        maps.add(null);
        if (!wanted.equals(Errno.name(refused.errno()))) {
          differ("creation of " + map, wanted, Errno.name(refused.errno()));
          return;
        }
      }
    }
  }

  private static void fill(VmMap made, Map<String, Object> map) {
    if (map.get("init") instanceof List<?> init) {
      for (Object pair : init) {
        byte[] key = HEX.parseHex((String) ((List<?>) pair).get(0));
        byte[] value = HEX.parseHex((String) ((List<?>) pair).get(1));
        made.update(key, value, 0);
      }
    }
    if (map.get("freeze") instanceof Boolean yes && yes) {
      made.freeze();
    }
  }

  private void load() {
    if (golden.programs.isEmpty() || over()) {
      return;
    }
    Map<String, Object> wanted = golden.programs.get(0);
    String errno = errno(wanted.get("load_errno"));
    try {
      List<VmMap> used = maps.stream().filter(Objects::nonNull).toList();
      program = vm.load(golden.program(wanted, kernel), used);
      if (!errno.equals("0")) {
        differ("load", errno, "0");
      }
    } catch (RejectedException refused) {
      if (!errno.equals(Errno.name(refused.errno()))) {
        differ("load", errno, Errno.name(refused.errno()) + " " + refused.getMessage());
      }
    }
  }

  private static String errno(@Nullable Object value) {
    return value == null || value instanceof Long ? "0" : (String) value;
  }

  @SuppressWarnings("unchecked")
  private void step(int index, Map<String, Object> step) {
    Map<String, Object> expect = (Map<String, Object>) Objects.requireNonNull(step.get("expect"));
    String op = (String) Objects.requireNonNull(step.get("op"));
    String what = "step " + index + " " + op;
    if (op.equals("run")) {
      if (program != null) {
        testRun(what, step, expect);
      }
      return;
    }
    VmMap map = maps.get(RuntimeCase.number(step, "map", 0));
    if (map == null) {
      return;
    }
    byte[] key = RuntimeCase.bytes(step, "key");
    byte[] value = RuntimeCase.bytes(step, "value");
    long flags = RuntimeCase.number(step, "flags", 0);
    boolean badKey =
        switch (op) {
          case "lookup", "update", "delete", "lookup_delete" ->
              (key == null ? 0 : key.length) != map.keySize();
          case "next" -> key != null && (key.length != map.keySize() || key.length == 0);
          default -> false;
        };
    if (isLater(map, flags)) {
      return;
    }
    if (badKey) {
      return; // a matter of pointers, which Java does not have
    }
    // What a bloom filter is asked for: the measuring program's buffer held zeros.
    boolean asksForValue = map.spec().type() == MapType.BLOOM_FILTER && op.equals("lookup");
    byte[] at = key != null ? key : new byte[asksForValue ? map.valueSize() : 0];
    byte[] from = value == null ? inner(step.get("value"), map) : value;
    switch (op) {
      case "lookup" -> value(what, expect, () -> map.lookup(at, flags));
      case "lookup_delete" -> value(what, expect, () -> map.lookupAndDelete(at, flags));
      case "next" -> key(what, expect, () -> map.nextKey(key));
      case "update" -> errno(what, expect, () -> map.update(at, from, flags));
      case "delete" -> errno(what, expect, () -> map.delete(at, flags));
      case "freeze" -> errno(what, expect, map::freeze);
      case "keys" -> keys(what, expect, map);
      case "count" -> same(what, expect.get("n"), (long) count(map));
      default -> batch(what, op, map, step, expect);
    }
  }

  /** BPF_F_CPU and BPF_F_ALL_CPUS came after 6.18, and are there. */
  private static boolean isLater(VmMap map, long flags) {
    boolean perCpu =
        map.spec().type().text().startsWith("percpu")
            || map.spec().type() == MapType.LRU_PERCPU_HASH;
    return perCpu && (flags & (MapFlags.CPU | MapFlags.ALL_CPUS)) != 0;
  }

  private void batch(
      String what, String op, VmMap map, Map<String, Object> step, Map<String, Object> expect) {
    if (RuntimeCase.number(step, "flags", 0) != 0) {
      return; // flags of the command, which Java does not have
    }
    int count = RuntimeCase.number(step, "count", 0);
    long flags = RuntimeCase.number(step, "elem_flags", 0);
    if (isLater(map, flags)) {
      return;
    }
    byte[] keys = Objects.requireNonNullElse(RuntimeCase.bytes(step, "keys"), new byte[0]);
    byte[] values = Objects.requireNonNullElse(RuntimeCase.bytes(step, "values"), new byte[0]);
    byte[] from = RuntimeCase.bytes(step, "in_batch");
    MapBatch result;
    try {
      result =
          switch (op) {
            case "batch_lookup" -> map.lookupBatch(from, count, flags);
            case "batch_lookup_delete" -> map.lookupAndDeleteBatch(from, count, flags);
            case "batch_update" -> map.updateBatch(keys, values, flags);
            default -> map.deleteBatch(keys, flags);
          };
    } catch (BpfErrnoException refused) {
      same(what, errno(expect.get("errno")), Errno.name(refused.errno()));
      return;
    }
    same(what, errno(expect.get("errno")), result.errno() == 0 ? "0" : Errno.name(result.errno()));
    same(what + " count", expect.get("count"), (long) result.count());
    if (expect.get("pairs") instanceof List<?> pairs) {
      same(
          what + " pairs",
          sorted(map, pairs).toString(),
          sorted(map, pairs(map, result)).toString());
    }
  }

  /** Hashes have an order of their own. */
  private static List<?> sorted(VmMap map, List<?> pairs) {
    return map.spec().type().text().contains("hash")
        ? pairs.stream().sorted((a, b) -> a.toString().compareTo(b.toString())).toList()
        : pairs;
  }

  private static List<List<String>> pairs(VmMap map, MapBatch batch) {
    List<List<String>> pairs = new ArrayList<>();
    int key = map.keySize();
    int value = map.userValueSize();
    for (int i = 0; i < batch.count(); i++) {
      pairs.add(
          List.of(
              HEX.formatHex(batch.keys(), i * key, (i + 1) * key),
              HEX.formatHex(batch.values(), i * value, (i + 1) * value)));
    }
    return pairs;
  }

  /** The value of a map in map: the id of a map of the case, or a raw number. */
  private byte[] inner(@Nullable Object value, VmMap outer) {
    int number = 0;
    if (value instanceof Map<?, ?> reference) {
      if (reference.get("map") instanceof Long index) {
        VmMap map = maps.get(index.intValue());
        number = map == null ? -1 : map.id();
      } else if (reference.get("raw") instanceof Long raw) {
        number = raw.intValue() == 9999 ? -1 : raw.intValue();
      }
      return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array();
    }
    return new byte[outer.valueSize()];
  }

  private interface Read {
    byte @Nullable [] get();
  }

  private void value(String what, Map<String, Object> expect, Read read) {
    read(what, expect, "value", read);
  }

  private void key(String what, Map<String, Object> expect, Read read) {
    read(what, expect, "key", read);
  }

  private void read(String what, Map<String, Object> expect, String name, Read read) {
    String errno = "0";
    byte[] result = null;
    try {
      result = read.get();
      if (result == null) {
        errno = "ENOENT";
      }
    } catch (BpfErrnoException refused) {
      errno = Errno.name(refused.errno());
    }
    same(what, errno(expect.get("errno")), errno);
    if (result != null && expect.get(name) != null) {
      same(what, expect.get(name), HEX.formatHex(result));
    }
  }

  private void errno(String what, Map<String, Object> expect, Runnable operation) {
    String errno = "0";
    try {
      operation.run();
    } catch (BpfErrnoException refused) {
      errno = Errno.name(refused.errno());
    }
    same(what, errno(expect.get("errno")), errno);
  }

  private void keys(String what, Map<String, Object> expect, VmMap map) {
    List<String> keys = new ArrayList<>();
    for (byte[] key = map.nextKey(null); key != null; key = map.nextKey(key)) {
      keys.add(HEX.formatHex(key));
    }
    same(what, expect.get("keys"), keys);
  }

  private static int count(VmMap map) {
    int count = 0;
    for (byte[] key = map.nextKey(null); key != null; key = map.nextKey(key)) {
      count++;
    }
    return count;
  }

  private void same(String what, @Nullable Object expected, @Nullable Object actual) {
    if (!Objects.equals(expected, actual)) {
      differ(what, expected, actual);
    }
  }

  private void testRun(String what, Map<String, Object> step, Map<String, Object> expect) {
    VmProgram loaded = Objects.requireNonNull(program);
    int out = RuntimeCase.number(step, "dsout", RuntimeCase.number(step, "data_out", -1));
    TestRun run =
        new TestRun(
            RuntimeCase.bytes(step, "data_in"),
            RuntimeCase.bytes(step, "ctx_in"),
            RuntimeCase.number(step, "repeat", 0),
            out,
            RuntimeCase.number(step, "ctx_out", -1),
            RuntimeCase.number(step, "flags", 0),
            RuntimeCase.number(step, "cpu", 0),
            RuntimeCase.number(step, "batch_size", 0));
    boolean bare =
        switch (loaded.program().type()) {
          case RAW_TRACEPOINT, SYSCALL -> true;
          default -> false;
        };
    if (bare && run.repeat() == 1) {
      return; // refused by the kernel, "once" in Java
    }
    TestRunResult result;
    try {
      result = bare ? elsewhere(loaded, run) : loaded.testRun(run);
    } catch (BpfErrnoException refused) {
      same(what, errno(expect.get("errno")), Errno.name(refused.errno()));
      return;
    }
    same(what, errno(expect.get("errno")), result.errno() == 0 ? "0" : Errno.name(result.errno()));
    if (expect.get("retval") instanceof Long retval) {
      same(what + " retval", retval, Integer.toUnsignedLong(result.retval()));
    }
    if (expect.get("data_size_out") instanceof Long size) {
      same(what + " size", size, (long) result.dataSize());
    }
    bytes(what + " data", expect.get("data_out"), result.data());
    if (step.get("ctx_out") != null) {
      bytes(what + " ctx", expect.get("ctx_out"), result.context());
    }
  }

  /** Lets go of the CPU for a run that may ask for another one. */
  private TestRunResult elsewhere(VmProgram loaded, TestRun run) {
    vm.machine().cpus().leave();
    try {
      return loaded.testRun(run);
    } finally {
      vm.machine().cpus().enter(0);
    }
  }

  private void bytes(String what, @Nullable Object expected, byte @Nullable [] actual) {
    if (expected instanceof String hex) {
      byte[] wanted = HEX.parseHex(hex);
      byte[] got = actual == null ? new byte[0] : actual;
      // The kernel's buffer was longer than what it copied.
      got = Arrays.copyOf(got, Math.max(got.length, wanted.length));
      int at = Arrays.mismatch(wanted, got);
      if (at >= 0) {
        differ(what + " at " + at, hex, HEX.formatHex(got));
      }
    }
  }

  @SuppressWarnings("unchecked")
  private void contents() {
    if (!(golden.fields.get("maps_after") instanceof Map<?, ?> after)) {
      return;
    }
    ((Map<String, Object>) after)
        .forEach((index, pairs) -> {
          VmMap map = maps.get(Integer.parseInt(index));
          if (map != null) {
            same("map " + index, String.valueOf(pairs), dump(map).toString());
          }
        });
  }

  private static List<List<String>> dump(VmMap map) {
    List<List<String>> pairs = new ArrayList<>();
    for (byte[] key = map.nextKey(null); key != null; key = map.nextKey(key)) {
      byte[] value = map.lookup(key);
      if (value != null) {
        pairs.add(List.of(HEX.formatHex(key), HEX.formatHex(value)));
      }
    }
    MapType type = map.spec().type();
    if (type.text().contains("hash")) {
      pairs.sort((a, b) -> a.get(0).compareTo(b.get(0)));
    }
    return pairs;
  }
}
