package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.program.Dialect;
import dev.skep.program.FuncInfo;
import dev.skep.program.KernelTypes;
import dev.skep.program.LineInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Programs with the errno and the whole level-2 log that Linux 6.18.44 gave them, addresses of maps
 * replaced by X.
 *
 * <p>One line each, separated by tabs: name, type, attach type, flags, instructions in hexadecimal,
 * maps (type:key:value:entries:flags:name:initial:frozen:inner, and of objects key and value type
 * and map_extra), function records (insn:type), line records (insn:file:line:column), BTF in
 * hexadecimal ("=" for that of the line before), errno, log.
 */
class KernelLogTest {
  private static final String RESOURCE = "/verify/kernel-logs.tsv.gz";

  /** Programs of C objects that call kernel functions and use what maps with BTF hold. */
  private static final String OBJECTS = "/verify/object-logs.tsv.gz";

  /** The types of Linux 6.18.44 that those programs need, at their ids. */
  private static final String TYPES = "/verify/kernel-types.btf.gz";

  /** Programs that use pointers, work and locks in map values: fields.bpf.c of the tests. */
  private static final String FIELDS = "/verify/field-logs.tsv.gz";

  private static final String FIELD_TYPES = "/verify/field-types.btf.gz";

  static List<String[]> cases() throws IOException {
    return cases(RESOURCE);
  }

  private static List<String[]> cases(String resource) throws IOException {
    try (var in =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(
                    Objects.requireNonNull(KernelLogTest.class.getResourceAsStream(resource))),
                StandardCharsets.ISO_8859_1))) {
      List<String[]> cases = in.lines().map(line -> line.split("\t", -1)).toList();
      for (int i = 1; i < cases.size(); i++) {
        if (cases.get(i)[8].equals("=")) {
          cases.get(i)[8] = cases.get(i - 1)[8];
        }
      }
      return cases;
    }
  }

  static String unescape(String text) {
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\");
  }

  private static String withoutAddresses(String log) {
    return log.replaceAll("(\\(18\\) r\\d+ = )0x[0-9a-f]+ *", "$1X ");
  }

  private static MapSpec map(String text, @Nullable Btf btf) {
    String[] field = text.split(":", -1);
    if (field.length > 9) {
      return described(field, btf);
    }
    MapSpec map =
        MapSpec.of(
            field[5],
            Objects.requireNonNull(MapType.ofNumber(Integer.parseInt(field[0]))),
            Integer.parseInt(field[1]),
            Integer.parseInt(field[2]),
            Integer.parseUnsignedInt(field[3]),
            Integer.parseUnsignedInt(field[4]));
    if (field[8].isEmpty()) {
      return map;
    }
    return new MapSpec(
        map.name(),
        map.type(),
        map.keySize(),
        map.valueSize(),
        map.maxEntries(),
        map.flags(),
        0,
        inner(field[8]),
        null,
        0,
        0,
        null,
        false,
        List.of(),
        false);
  }

  private static @Nullable MapSpec inner(String text) {
    if (text.isEmpty()) {
      return null;
    }
    String[] inner = text.split("/", -1);
    return MapSpec.of(
        "",
        Objects.requireNonNull(MapType.ofNumber(Integer.parseInt(inner[0]))),
        Integer.parseInt(inner[1]),
        Integer.parseInt(inner[2]),
        Integer.parseInt(inner[3]),
        Integer.parseUnsignedInt(inner[4]));
  }

  /** A map with contents and types, as the lines of objects have it. */
  private static MapSpec described(String[] field, @Nullable Btf btf) {
    int value = Integer.parseInt(field[10]);
    return new MapSpec(
        field[5],
        Objects.requireNonNull(MapType.ofNumber(Integer.parseInt(field[0]))),
        Integer.parseInt(field[1]),
        Integer.parseInt(field[2]),
        Integer.parseUnsignedInt(field[3]),
        Integer.parseUnsignedInt(field[4]),
        Long.parseLong(field[11]),
        inner(field[8]),
        value == 0 ? null : btf,
        Integer.parseInt(field[9]),
        value,
        field[6].isEmpty() ? null : HexFormat.of().parseHex(field[6]),
        field[7].equals("1"),
        List.of(),
        false);
  }

  private static List<int[]> records(String text) {
    List<int[]> records = new ArrayList<>();
    if (!text.isEmpty()) {
      for (String record : text.split(",", -1)) {
        String[] field = record.split(":", -1);
        int[] numbers = new int[field.length];
        for (int i = 0; i < field.length; i++) {
          numbers[i] = Integer.parseUnsignedInt(field[i]);
        }
        records.add(numbers);
      }
    }
    return records;
  }

  static Program program(String[] field) {
    byte[] bytes = HexFormat.of().parseHex(field[4]);
    long[] insns = new long[bytes.length / 8];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(insns);
    Btf btf = field[8].isEmpty() ? null : Btf.parse(HexFormat.of().parseHex(field[8]));
    List<MapSpec> maps = new ArrayList<>();
    if (!field[5].isEmpty()) {
      for (String text : field[5].split(",", -1)) {
        maps.add(map(text, btf));
      }
    }
    return new Program(
        field[0],
        "",
        Objects.requireNonNull(ProgramType.ofNumber(Integer.parseInt(field[1]))),
        Integer.parseInt(field[2]),
        Integer.parseInt(field[3]),
        "GPL",
        insns,
        maps,
        records(field[6]).stream().map(r -> new FuncInfo(r[0], r[1])).toList(),
        records(field[7]).stream().map(r -> new LineInfo(r[0], r[1], r[2], r[3])).toList(),
        btf,
        null);
  }

  @Test
  void verdictsAndLogsAreTheKernels() throws IOException {
    VerifierOptions options = VerifierOptions.standard().withLogLevel(VerifierLog.LEVEL2);
    Map<String, Integer> unsupported = new TreeMap<>();
    int equal = compare(cases(), options, unsupported);
    System.out.printf("kernel logs: equal %d, different 0, unsupported %s%n", equal, unsupported);
    assertThat(equal).isGreaterThan(3_200);
    assertThat(unsupported.keySet()).noneMatch(what -> what.startsWith("internal"));
  }

  @Test
  void objectsWithTheKernelsTypes() throws IOException {
    compare(OBJECTS, TYPES, 40);
  }

  @Test
  void pointersWorkAndLocksInMaps() throws IOException {
    compare(FIELDS, FIELD_TYPES, 137);
  }

  /** The verdict on one of the programs that use pointers, work and locks in map values. */
  static Verdict verifyField(String name, Dialect dialect) throws IOException {
    for (String[] field : cases(FIELDS)) {
      if (field[0].equals(name)) {
        VerifierOptions options = VerifierOptions.standard().withKernel(types(FIELD_TYPES));
        return Verifier.verify(program(field), options.withDialect(dialect));
      }
    }
    throw new IllegalArgumentException(name);
  }

  private static KernelTypes types(String resource) throws IOException {
    try (var in =
        new GZIPInputStream(
            Objects.requireNonNull(KernelLogTest.class.getResourceAsStream(resource)))) {
      return KernelTypes.of(Btf.parse(in.readAllBytes()));
    }
  }

  private static void compare(String cases, String typeResource, int least) throws IOException {
    VerifierOptions options =
        VerifierOptions.standard().withLogLevel(VerifierLog.LEVEL2).withKernel(types(typeResource));
    Map<String, Integer> unsupported = new TreeMap<>();
    int equal = compare(cases(cases), options, unsupported);
    System.out.printf("%s: equal %d, different 0, unsupported %s%n", cases, equal, unsupported);
    assertThat(unsupported).isEmpty();
    assertThat(equal).isGreaterThan(least);
  }

  /** Returns how many are equal; a difference fails. */
  private static int compare(
      List<String[]> cases, VerifierOptions options, Map<String, Integer> unsupported) {
    int equal = 0;
    for (String[] field : cases) {
      if (field[10].contains("arena's user address must be set")) {
        continue; // PARITY: loaders map an arena first
      }
      Verdict verdict = Verifier.verify(program(field), options);
      if (verdict instanceof Verdict.Unsupported missing) {
        unsupported.merge(missing.what(), 1, Integer::sum);
        continue;
      }
      int errno = verdict instanceof Verdict.Rejected rejected ? rejected.errno() : 0;
      assertThat(withoutAddresses(verdict.log())).as(field[0]).isEqualTo(unescape(field[10]));
      assertThat(errno).as(field[0]).isEqualTo(Integer.parseInt(field[9]));
      equal++;
    }
    return equal;
  }

  /** Counters and errno do not depend on whether anybody reads the log. */
  @Test
  void silentRunsJudgeAlike() throws IOException {
    for (String[] field : cases()) {
      Program program = program(field);
      Verdict loud = Verifier.verify(program, VerifierOptions.standard().withLogLevel(2));
      Verdict quiet = Verifier.verify(program, VerifierOptions.standard());
      assertThat(quiet).as(field[0]).hasSameClassAs(loud);
      assertThat(quiet.log()).isEmpty();
      assertThat(counters(quiet)).as(field[0]).isEqualTo(counters(loud));
      if (quiet instanceof Verdict.Rejected a && loud instanceof Verdict.Rejected b) {
        assertThat(a.errno()).isEqualTo(b.errno());
        assertThat(a.message()).isEqualTo(b.message());
      }
    }
  }

  private static List<Integer> counters(Verdict verdict) {
    VerifierStats stats = verdict.stats();
    return List.of(
        stats.insnsProcessed(), stats.totalStates(), stats.peakStates(), stats.maxStatesPerInsn());
  }
}
