package dev.skep.fuzz;

import dev.skep.btf.Btf;
import dev.skep.ladder.Rung;
import dev.skep.ladder.Sample;
import dev.skep.program.Dialect;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;

/** Writes samples as requests of {@code skep batch} (docs/json.md). */
public final class BatchLine {
  private static final HexFormat HEX = HexFormat.of();
  private static final int WHOLE_LOG = 2;
  private static final int COUNTERS = 4;

  private final StringBuilder out = new StringBuilder("{");

  private BatchLine() {}

  static String of(Disagreement found) {
    BatchLine line = new BatchLine();
    Rung rung = found.finding().rung();
    line.number("id", found.seed()).text("op", operation(rung)).text("rung", rung.name());
    line.text("kernel", Dialect.V6_18.text());
    line.sample(found.sample());
    switch (rung) {
      case LOG -> line.number("log_level", WHOLE_LOG);
      case REASON -> line.number("log_level", COUNTERS);
      case INTERP, JIT, JIT_KERNEL -> line.text("engine", rung.key());
      default -> {}
    }
    line.text("linux", found.linux()).text("skep", found.skep());
    return line.out.append('}').toString();
  }

  /** The request of a sample, to be run on an engine. */
  public static String run(long id, Sample sample, String engine) {
    BatchLine line = new BatchLine();
    line.number("id", id).text("op", "run");
    line.sample(sample);
    return line.text("engine", engine).out.append('}').toString();
  }

  private static String operation(Rung rung) {
    return switch (rung) {
      case XLATED -> "xlated";
      case JITED -> "jited";
      case INTERP, JIT, JIT_KERNEL -> "run";
      default -> "verify";
    };
  }

  private void sample(Sample sample) {
    program(sample.program(), sample.contents());
    if (!sample.targets().isEmpty()) {
      key("programs").append('[');
      for (int i = 0; i < sample.targets().size(); i++) {
        BatchLine target = new BatchLine();
        target.program(sample.targets().get(i), List.of());
        out.append(i == 0 ? "" : ",").append(target.out).append('}');
      }
      out.append(']');
    }
    if (sample.packets().size() == 1) {
      input(sample, 0);
    } else if (!sample.packets().isEmpty()) {
      key("inputs").append('[');
      for (int i = 0; i < sample.packets().size(); i++) {
        BatchLine input = new BatchLine();
        input.input(sample, i);
        out.append(i == 0 ? "" : ",").append(input.out).append('}');
      }
      out.append(']');
    }
  }

  private void input(Sample sample, int i) {
    text("data_in", HEX.formatHex(sample.packets().get(i)));
    if (sample.contexts().get(i).length != 0) {
      text("ctx_in", HEX.formatHex(sample.contexts().get(i)));
    }
  }

  private void program(Program program, List<List<Sample.Element>> contents) {
    text("prog_type", program.type().text());
    number("expected_attach_type", program.expectedAttachType());
    number("prog_flags", Integer.toUnsignedLong(program.flags()));
    text("license", program.license());
    if (program.attachTo() != null) {
      text("attach_to", program.attachTo());
    }
    if (program.attachBtfId() != 0) {
      number("attach_btf_id", program.attachBtfId());
    }
    byte[] wordsBytes = new byte[8 * program.insns().length];
    ByteBuffer words = littleEndian(wordsBytes);
    for (long word : program.insns()) {
      words.putLong(word);
    }
    text("insns", HEX.formatHex(wordsBytes));
    key("maps").append('[');
    for (int i = 0; i < program.maps().size(); i++) {
      out.append(i == 0 ? "" : ",");
      map(program.maps().get(i), i < contents.size() ? contents.get(i) : List.of());
    }
    out.append(']');
    types(program);
  }

  private void types(Program program) {
    Btf btf = program.btf();
    if (btf == null) {
      return;
    }
    text("btf", HEX.formatHex(btf.bytes()));
    byte[] functionsBytes = new byte[8 * program.funcInfo().size()];
    ByteBuffer functions = littleEndian(functionsBytes);
    for (FuncInfo f : program.funcInfo()) {
      functions.putInt(f.insn()).putInt(f.typeId());
    }
    text("func_info", HEX.formatHex(functionsBytes));
    byte[] linesBytes = new byte[16 * program.lineInfo().size()];
    ByteBuffer lines = littleEndian(linesBytes);
    for (LineInfo l : program.lineInfo()) {
      lines.putInt(l.insn()).putInt(l.fileNameOff()).putInt(l.lineOff()).putInt(l.lineCol());
    }
    text("line_info", HEX.formatHex(linesBytes));
  }

  private void map(MapSpec map, List<Sample.Element> elements) {
    BatchLine line = new BatchLine();
    line.text("type", map.type().text()).text("name", map.name());
    line.number("key_size", map.keySize()).number("value_size", map.valueSize());
    line.number("max_entries", Integer.toUnsignedLong(map.maxEntries()));
    line.number("flags", Integer.toUnsignedLong(map.flags()));
    if (map.extra() != 0) {
      line.number("extra", map.extra());
    }
    if (map.inner() != null) {
      line.key("inner");
      line.map(map.inner(), List.of());
    }
    if (map.keyTypeId() != 0 || map.valueTypeId() != 0) {
      line.number("btf_key", map.keyTypeId()).number("btf_value", map.valueTypeId());
    }
    if (map.initial() != null) {
      line.text("data", HEX.formatHex(map.initial()));
    }
    if (map.frozen()) {
      line.key("frozen").append(true);
    }
    if (!elements.isEmpty()) {
      line.key("elements").append('[');
      for (Sample.Element element : elements) {
        line.out.append(line.out.charAt(line.out.length() - 1) == '[' ? "[\"" : ",[\"");
        line.out.append(HEX.formatHex(element.key())).append("\",\"");
        line.out.append(HEX.formatHex(element.value())).append("\"]");
      }
      line.out.append(']');
    }
    out.append(line.out).append('}');
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private StringBuilder key(String name) {
    return out.append(out.length() == 1 ? "\"" : ",\"").append(name).append("\":");
  }

  private BatchLine number(String name, long value) {
    key(name).append(value);
    return this;
  }

  private BatchLine text(String name, String value) {
    key(name).append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        out.append("\\u").append(HEX.toHexDigits(c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
    return this;
  }
}
