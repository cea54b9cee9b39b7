package dev.skep.fuzz;

import dev.skep.btf.Btf;
import dev.skep.ladder.Sample;
import dev.skep.ladder.Sample.Element;
import dev.skep.program.FuncInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/**
 * Samples as lines of text, for the permanent cases in the resources.
 *
 * <pre>
 *   name | type | insns in hex | maps | packets | contexts | types | verdict | behaviour
 *   types: BTF in hex, then insn:type of each function, or nothing
 *   maps: type:name:key:value:entries:flags[:initial][=key/value,..] separated by ';'
 * </pre>
 */
public final class Cases {
  private static final HexFormat HEX = HexFormat.of();

  private Cases() {}

  public static String line(Sample sample) {
    StringBuilder maps = new StringBuilder();
    for (int i = 0; i < sample.program().maps().size(); i++) {
      maps.append(i == 0 ? "" : ";").append(map(sample, i));
    }
    return String.join(
        " | ",
        sample.name(),
        sample.program().type().text(),
        insns(sample.program().insns()),
        maps,
        String.join(",", sample.packets().stream().map(HEX::formatHex).toList()),
        String.join(",", sample.contexts().stream().map(HEX::formatHex).toList()),
        types(sample.program()));
  }

  private static String types(Program program) {
    Btf btf = program.btf();
    if (btf == null) {
      return "";
    }
    StringBuilder out = new StringBuilder(HEX.formatHex(btf.bytes()));
    program
        .funcInfo()
        .forEach(f -> out.append(',').append(f.insn()).append(':').append(f.typeId()));
    return out.toString();
  }

  private static String insns(long[] words) {
    StringBuilder out = new StringBuilder();
    for (long word : words) {
      out.append(HEX.toHexDigits(Long.reverseBytes(word)));
    }
    return out.toString();
  }

  private static String map(Sample sample, int i) {
    MapSpec map = sample.program().maps().get(i);
    StringBuilder out = new StringBuilder();
    out.append(map.type().text()).append(':').append(map.name());
    out.append(':').append(map.keySize()).append(':').append(map.valueSize());
    out.append(':').append(map.maxEntries()).append(':').append(map.flags());
    if (map.initial() != null) {
      out.append(':').append(HEX.formatHex(map.initial()));
    }
    List<String> elements = new ArrayList<>();
    for (Element element : sample.contents().get(i)) {
      elements.add(HEX.formatHex(element.key()) + '/' + HEX.formatHex(element.value()));
    }
    return elements.isEmpty() ? out.toString() : out + "=" + String.join(",", elements);
  }

  /**
   * A sample with what Linux said of it.
   *
   * @param verdict "accepted", or the errno's name and the last error line
   * @param behaviour lines joined by " ; ", empty where the program was refused
   */
  public record Case(Sample sample, String verdict, String behaviour) {
    public String line() {
      return String.join(" | ", Cases.line(sample), verdict, behaviour);
    }
  }

  /** All cases of a resource; lines that start with # are remarks. */
  public static List<Case> resource(String name) throws IOException {
    InputStream stream = Objects.requireNonNull(Cases.class.getResourceAsStream(name), name);
    List<Case> cases = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          String[] fields = line.split(" *\\| *", -1);
          cases.add(new Case(parse(line), fields[7], fields[8]));
        }
      }
    }
    return cases;
  }

  /** Reads what {@link #line(Sample)} wrote. */
  public static Sample parse(String line) {
    String[] fields = line.split(" *\\| *", -1);
    List<MapSpec> maps = new ArrayList<>();
    List<List<Element>> contents = new ArrayList<>();
    for (String text : fields[3].isEmpty() ? new String[0] : fields[3].split(";", -1)) {
      String[] halves = text.split("=", 2);
      maps.add(spec(halves[0].split(":", -1)));
      contents.add(halves.length == 1 ? List.of() : elements(halves[1]));
    }
    ProgramType type = ProgramType.ofText(fields[1]);
    if (type == null) {
      throw new IllegalArgumentException("program type " + fields[1]);
    }
    return new Sample(
        fields[0],
        program(type, words(fields[2]), List.copyOf(maps), fields.length > 6 ? fields[6] : ""),
        bytes(fields[4]),
        bytes(fields[5]),
        contents);
  }

  private static Program program(ProgramType type, long[] insns, List<MapSpec> maps, String types) {
    if (types.isEmpty()) {
      return Program.of("gen", type, "GPL", insns, maps);
    }
    String[] fields = types.split(",", -1);
    List<FuncInfo> functions = new ArrayList<>();
    for (int i = 1; i < fields.length; i++) {
      String[] pair = fields[i].split(":", 2);
      functions.add(new FuncInfo(number(pair[0]), number(pair[1])));
    }
    Btf btf = Btf.parse(HEX.parseHex(fields[0]));
    return new Program("gen", "", type, 0, 0, "GPL", insns, maps, functions, List.of(), btf, null);
  }

  private static MapSpec spec(String[] f) {
    MapType type = MapType.ofText(f[0]);
    if (type == null) {
      throw new IllegalArgumentException("map type " + f[0]);
    }
    MapSpec plain = MapSpec.of(f[1], type, number(f[2]), number(f[3]), number(f[4]), number(f[5]));
    return f.length > 6 ? plain.withInitial(HEX.parseHex(f[6]), true) : plain;
  }

  private static int number(String text) {
    return Integer.parseInt(text);
  }

  private static List<Element> elements(String text) {
    List<Element> elements = new ArrayList<>();
    for (String pair : text.split(",", -1)) {
      String[] halves = pair.split("/", 2);
      elements.add(new Element(HEX.parseHex(halves[0]), HEX.parseHex(halves[1])));
    }
    return elements;
  }

  private static long[] words(String hex) {
    long[] words = new long[hex.length() / 16];
    for (int i = 0; i < words.length; i++) {
      words[i] = Long.reverseBytes(HexFormat.fromHexDigitsToLong(hex, 16 * i, 16 * i + 16));
    }
    return words;
  }

  private static List<byte[]> bytes(String text) {
    List<byte[]> all = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      all.add(HEX.parseHex(part));
    }
    return all;
  }
}
