package dev.skep.skeleton;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfKind;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectMap;
import dev.skep.object.ObjectProgram;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Puts the parts of one skeleton together. */
final class SkeletonWriter {
  /** Names that the source uses, and that none of its classes can have. */
  static final String[] USED = {
    "BitFields", "BpfMap", "BpfObject", "DataMemory", "Double", "Engine", "Float", "Integers",
    "LoadedProgram", "Maps", "Object", "ObjectSkeleton", "Objects", "Override", "PerCpu",
        "Programs",
    "String", "Text"
  };

  private static final int LINE_BYTES = 66;
  private static final int LINES_OF_A_CONSTANT = 600;

  private final BpfObject object;
  private final String name;
  private final String className;
  private final SourceText out = new SourceText();
  private final JavaNames classes;
  private final JavaNames methods =
      new JavaNames(
          "open",
          "load",
          "object",
          "loaded",
          "attach",
          "close",
          "programs",
          "maps",
          "section",
          "initial",
          "perCpu",
          "decode",
          "loadInto");
  private final ViewTypes types;

  SkeletonWriter(BpfObject object, String name, String className) {
    this.object = object;
    this.name = name;
    this.className = className;
    List<String> taken = new ArrayList<>(List.of(USED));
    taken.add(className);
    classes = new JavaNames(taken.toArray(String[]::new));
    types = new ViewTypes(object.btf().orElseGet(() -> BtfBuilder.create().build()), classes);
  }

  String write(byte[] bytes) {
    List<Section> sections = sections();
    header();
    for (Section section : sections) {
      getter(section);
    }
    programs();
    maps();
    for (Section section : sections) {
      section(section);
    }
    new TypeClasses(types, out).writeAll();
    file(bytes);
    out.line("}");
    return imports() + "\n" + out;
  }

  /**
   * A data section with types.
   *
   * @param type id of its DATASEC
   */
  private record Section(ObjectMap map, int type, String method, String view) {
    boolean perCpu() {
      return map.spec().type() == MapType.PERCPU_ARRAY;
    }
  }

  /** bpftool's names: the section's without its dot, everything that is no letter is a border. */
  private static String identifier(String section) {
    return section.startsWith(".") ? section.substring(1) : section;
  }

  private List<Section> sections() {
    List<Section> all = new ArrayList<>();
    Btf btf = types.btf;
    for (ObjectMap map : object.maps()) {
      int type = map.spec().valueTypeId();
      if (map.isGlobalData() && type != 0 && btf.kind(type) == BtfKind.DATASEC) {
        String identifier = identifier(map.name());
        all.add(new Section(map, type, methods.method(identifier), classes.type(identifier)));
      }
    }
    return all;
  }

  private void header() {
    out.doc(
        "The BPF object {@code "
            + name
            + "}. Open it, set what its variables begin with, load it, and read and write them"
            + " while its programs run.");
    out.line("public final class " + className + " extends ObjectSkeleton {");
    out.line("private " + className + "(BpfObject object) {").line("super(object);").line("}");
    out.gap().doc("Opens the object that this class holds.");
    out.line("public static " + className + " open() {");
    out.line("return new " + className + "(decode(\"" + name + "\", ObjectFile.parts()));")
        .line("}");
    out.gap().doc("Creates the maps and loads the programs; once.");
    out.line("public " + className + " load(Engine engine) {");
    out.line("loadInto(engine);").line("return this;").line("}");
    out.gap().doc("The programs, after load.");
    out.line("public Programs programs() {").line("return new Programs();").line("}");
    out.gap().doc("The maps, after load.");
    out.line("public Maps maps() {").line("return new Maps();").line("}");
  }

  private void getter(Section section) {
    String map = section.map().name();
    String quoted = "{@code " + map + "}";
    if (section.perCpu()) {
      out.gap().doc("The variables of " + quoted + ", live, one copy for each CPU; after load.");
      out.line("public PerCpu<" + section.view() + "> " + section.method() + "() {");
      out.line("return perCpu(\"" + map + "\", " + section.view() + "::new);").line("}");
      out.gap().doc("What each CPU's copy of " + quoted + " begins with; read-only after load.");
      String initial = methods.method(section.method() + "_initial");
      out.line("public " + section.view() + " " + initial + "() {");
      out.line("return new " + section.view() + "(initial(\"" + map + "\"));").line("}");
      return;
    }
    String live = section.map().spec().frozen() ? "read-only" : "live";
    out.gap()
        .doc("The variables of " + quoted + ": what they begin with, and after load " + live + ".");
    out.line("public " + section.view() + " " + section.method() + "() {");
    out.line("return new " + section.view() + "(section(\"" + map + "\"));").line("}");
  }

  private void programs() {
    JavaNames names = new JavaNames();
    out.gap().doc("The programs by name.").line("public final class Programs {");
    out.line("private Programs() {}");
    for (ObjectProgram program : object.programs()) {
      out.gap().doc("{@code SEC(\"" + program.section() + "\") " + program.name() + "}.");
      out.line("public LoadedProgram " + names.method(program.name()) + "() {");
      out.line("return loaded().program(\"" + program.name() + "\");").line("}");
    }
    out.line("}");
  }

  private void maps() {
    JavaNames names = new JavaNames();
    out.gap().doc("The maps by name.").line("public final class Maps {");
    out.line("private Maps() {}");
    for (ObjectMap map : object.maps()) {
      out.gap().doc(describe(map) + ".");
      out.line("public BpfMap " + names.method(identifier(map.name())) + "() {");
      out.line("return loaded().map(\"" + map.name() + "\");").line("}");
    }
    out.line("}");
  }

  private String describe(ObjectMap map) {
    MapSpec spec = map.spec();
    StringBuilder text = new StringBuilder("{@code " + map.name() + "}: " + spec.type().text());
    if (map.isGlobalData()) {
      return text.append(" of ").append(spec.valueSize()).append(" bytes").toString();
    }
    Btf btf = spec.btf();
    if (btf != null && spec.keyTypeId() != 0) {
      text.append(", {@code ").append(CTypes.text(btf, spec.keyTypeId())).append("} to {@code ");
      text.append(CTypes.text(btf, spec.valueTypeId())).append('}');
      valueClass(map, spec.valueTypeId());
    }
    return text.append(", ")
        .append(Integer.toUnsignedString(spec.maxEntries()))
        .append(" entries")
        .toString();
  }

  /** Structs in maps have classes too: {@code new Counter(DataMemory.of(map.lookup(key)))}. */
  private void valueClass(ObjectMap map, int type) {
    if (map.spec().btf() == types.btf
        && BtfKind.isComposite(types.btf.kind(types.btf.skip(type, true)))) {
      types.classOf(type, map.name());
    }
  }

  private void section(Section section) {
    String view = section.view();
    out.gap().doc("The variables of {@code " + section.map().name() + "}.");
    out.line("public static final class " + view + " {");
    out.line("private final DataMemory memory;");
    out.gap().line("private " + view + "(DataMemory memory) {");
    out.line("this.memory = memory;").line("}");
    out.gap().doc("The bytes of the section.");
    out.line("public DataMemory memory() {").line("return memory;").line("}");
    Accessors accessors = new Accessors(types, out, view, new JavaNames("memory"));
    boolean settings = section.map().name().equals(".kconfig");
    new TypeClasses(types, out).variables(section.type(), !settings).forEach(accessors::write);
    out.line("}");
  }

  /** The object itself, in constants that are small enough for a class file. */
  private void file(byte[] bytes) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < bytes.length; i += LINE_BYTES) {
      byte[] part = Arrays.copyOfRange(bytes, i, Math.min(i + LINE_BYTES, bytes.length));
      lines.add(Base64.getEncoder().encodeToString(part));
    }
    out.gap().line("private static final class ObjectFile {");
    out.line("private ObjectFile() {}");
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < lines.size(); i += LINES_OF_A_CONSTANT) {
      parts.add("part" + parts.size() + "()");
    }
    out.gap().line("static String[] parts() {");
    out.line("return new String[] {" + String.join(", ", parts) + "};").line("}");
    for (int p = 0; p < parts.size(); p++) {
      int from = p * LINES_OF_A_CONSTANT;
      int to = Math.min(from + LINES_OF_A_CONSTANT, lines.size());
      out.gap().line("private static String " + parts.get(p) + " {");
      out.line("return \"\"\"");
      lines.subList(from, to).forEach(line -> out.verbatim("      " + line + "\n"));
      out.verbatim("      \"\"\";\n");
      out.line("}");
    }
    out.line("}");
  }

  private String imports() {
    String body = out.toString();
    TreeSet<String> imports = new TreeSet<>();
    String[] known = {
      "dev.skep.data.BitFields",
      "dev.skep.data.DataMemory",
      "dev.skep.data.Integers",
      "dev.skep.data.PerCpu",
      "dev.skep.data.Text",
      "dev.skep.engine.BpfMap",
      "dev.skep.engine.Engine",
      "dev.skep.engine.LoadedProgram",
      "dev.skep.engine.ObjectSkeleton",
      "dev.skep.object.BpfObject",
      "java.util.Objects"
    };
    for (String each : known) {
      String simple = each.substring(each.lastIndexOf('.') + 1);
      if (Pattern.compile("\\b" + simple + "\\b").matcher(body).find()) {
        imports.add("import " + each + ";\n");
      }
    }
    return String.join("", imports);
  }
}
