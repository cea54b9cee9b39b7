package dev.skep.skeleton;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Getters and setters of one class, over its field {@code memory}. */
final class Accessors {
  private static final String[] INDEXES = {"i", "j", "k", "l", "m", "n"};

  private final ViewTypes types;
  private final Btf btf;
  private final SourceText out;
  private final String owner;
  private final JavaNames names;

  /** What tells an array's length, by the array's name in C. */
  private final Map<String, String> lengthNames = new HashMap<>();

  Accessors(ViewTypes types, SourceText out, String owner, JavaNames names) {
    this.types = types;
    this.btf = types.btf;
    this.out = out;
    this.owner = owner;
    this.names = names;
  }

  /** Writes what a member needs; members of types that Java cannot show get their bytes. */
  void write(Member member) {
    List<Integer> dimensions = new ArrayList<>();
    int element = member.type();
    while (btf.kind(btf.skip(element, true)) == BtfKind.ARRAY) {
      int array = btf.skip(element, true);
      dimensions.add(btf.arrayLength(array));
      element = btf.arrayElement(array);
    }
    String name = names.method(member.name());
    if (dimensions.size() > INDEXES.length) {
      bytes(member, name, Math.toIntExact(btf.sizeOf(member.type())));
    } else if (dimensions.size() == 1 && isCharacter(element)) {
      text(member, name, dimensions.getFirst());
    } else {
      element(member, name, dimensions, element);
    }
  }

  private boolean isCharacter(int type) {
    int id = btf.skip(type, true);
    return btf.kind(id) == BtfKind.INT && btf.size(id) == 1 && btf.name(id).equals("char");
  }

  private void element(Member member, String name, List<Integer> dimensions, int type) {
    int id = btf.skip(type, true);
    switch (btf.kind(id)) {
      case BtfKind.STRUCT, BtfKind.UNION -> struct(member, name, dimensions, type);
      case BtfKind.ENUM, BtfKind.ENUM64 -> {
        if (types.isNamedEnum(id)) {
          enumerated(member, name, dimensions, type);
        }
        String plain = types.isNamedEnum(id) ? names.method(member.name() + "_value") : name;
        value(member, plain, dimensions, Scalar.integer(btf.size(id), types.isSigned(id)));
      }
      case BtfKind.INT -> integer(member, name, dimensions, id);
      case BtfKind.PTR -> value(member, name, dimensions, Scalar.integer(Long.BYTES, false));
      case BtfKind.FLOAT -> {
        if (btf.size(id) <= Double.BYTES) {
          value(member, name, dimensions, Scalar.floating(btf.size(id)));
        } else {
          bytes(member, name, Math.toIntExact(btf.sizeOf(member.type())));
        }
      }
      default -> {
        // Functions and types that are only declared have nothing to show.
      }
    }
  }

  private void integer(Member member, String name, List<Integer> dimensions, int id) {
    int size = btf.size(id);
    if (size > Long.BYTES) {
      bytes(member, name, Math.toIntExact(btf.sizeOf(member.type())));
    } else if (btf.name(id).equals("_Bool") || (btf.intEncoding(id) & 4) != 0) {
      value(member, name, dimensions, Scalar.BOOLEAN);
    } else {
      value(member, name, dimensions, Scalar.integer(size, types.isSigned(id)));
    }
    if (dimensions.size() == 1 && size == 1) {
      bytes(member, names.method(member.name() + "_bytes"), dimensions.getFirst());
    }
  }

  /** Parameters, the checks of them, and the offset that they lead to. */
  private record Place(String parameters, List<String> checks, String offset) {
    String with(String value) {
      return parameters.isEmpty() ? value : parameters + ", " + value;
    }
  }

  private Place place(Member member, List<Integer> dimensions, long elementBytes) {
    StringBuilder parameters = new StringBuilder();
    List<String> checks = new ArrayList<>();
    String index = "";
    for (int d = 0; d < dimensions.size(); d++) {
      String i = INDEXES[d];
      parameters.append(d == 0 ? "int " : ", int ").append(i);
      checks.add("Objects.checkIndex(" + i + ", " + length(member, dimensions, d) + ");");
      index = d == 0 ? i : "(" + index + " * " + dimensions.get(d) + " + " + i + ")";
    }
    String offset = Integer.toString(member.offset());
    if (!index.isEmpty()) {
      String scaled = elementBytes == 1 ? index : elementBytes + " * " + index;
      offset = member.offset() == 0 ? scaled : offset + " + " + scaled;
    }
    return new Place(parameters.toString(), checks, offset);
  }

  private static String lengthConstant(Member member) {
    return member.name().toUpperCase(Locale.ROOT) + "_LENGTH";
  }

  private String length(Member member, List<Integer> dimensions, int d) {
    if (d > 0) {
      return dimensions.get(d).toString();
    }
    return member.open() ? lengthMethod(member) + "()" : constant(member);
  }

  private String lengthMethod(Member member) {
    return lengthNames.computeIfAbsent(member.name(), c -> names.method(c + "_length"));
  }

  private String constant(Member member) {
    return lengthNames.computeIfAbsent(member.name(), c -> names.constant(lengthConstant(member)));
  }

  private void lengthOf(Member member, List<Integer> dimensions, long elementBytes) {
    if (dimensions.isEmpty() || lengthNames.containsKey(member.name())) {
      return;
    }
    long row = elementBytes;
    for (int d = 1; d < dimensions.size(); d++) {
      row *= dimensions.get(d);
    }
    out.gap();
    if (member.open()) {
      out.doc("How many elements " + quoted(member.name()) + " has: more in a section that grew.");
      out.line("public int " + lengthMethod(member) + "() {");
      out.line("return (memory.size() - " + member.offset() + ") / " + Math.max(row, 1) + ";");
      out.line("}");
    } else {
      out.doc("How many elements " + quoted(member.name()) + " has.");
      out.line("public static final int " + constant(member) + " = " + dimensions.getFirst() + ";");
    }
  }

  private static String quoted(String c) {
    return "{@code " + c + "}";
  }

  private String declaration(Member member) {
    String type = CTypes.text(btf, member.type());
    String bits = member.width() == 0 ? "" : " : " + member.width();
    return quoted(type + (type.endsWith("*") ? "" : " ") + member.name() + bits);
  }

  private void getter(String doc, String type, String name, Place place, String expression) {
    out.gap().doc(doc + ".");
    out.line("public " + type + " " + name + "(" + place.parameters() + ") {");
    place.checks().forEach(out::line);
    out.line("return " + expression + ";").line("}");
  }

  private void setter(Member member, String type, String name, Place place, String statement) {
    if (!member.writable()) {
      return;
    }
    out.gap().doc("Sets " + quoted(member.name()) + ".");
    out.line("public " + owner + " " + name + "(" + place.with(type + " value") + ") {");
    place.checks().forEach(out::line);
    out.line(statement).line("return this;").line("}");
  }

  private void value(Member member, String name, List<Integer> dimensions, Scalar scalar) {
    lengthOf(member, dimensions, scalar.bytes());
    Place place = place(member, dimensions, scalar.bytes());
    Scalar sized = member.width() == 0 ? scalar : scalar.narrowed(member.width());
    String get = sized.get(member, place.offset());
    getter(declaration(member), sized.javaType(), name, place, get);
    setter(member, sized.javaType(), name, place, sized.set(member, place.offset(), "value"));
  }

  private void enumerated(Member member, String name, List<Integer> dimensions, int type) {
    int id = btf.skip(type, true);
    String java = types.classOf(type, member.name());
    Scalar scalar = new Scalar("long", btf.size(id), 8 * btf.size(id), types.isSigned(id), false);
    Scalar sized = member.width() == 0 ? scalar : scalar.narrowed(member.width()).wide();
    lengthOf(member, dimensions, scalar.bytes());
    Place place = place(member, dimensions, scalar.bytes());
    String get = java + ".of(" + sized.get(member, place.offset()) + ")";
    getter(declaration(member), java, name, place, get);
    setter(member, java, name, place, sized.set(member, place.offset(), "value.value()"));
  }

  private void struct(Member member, String name, List<Integer> dimensions, int type) {
    long size = btf.sizeOf(type);
    String java = types.classOf(type, owner + "_" + member.name());
    lengthOf(member, dimensions, size);
    Place place = place(member, dimensions, size);
    String slice = "memory.slice(" + place.offset() + ", " + java + ".SIZE)";
    getter(declaration(member), java, name, place, "new " + java + "(" + slice + ")");
  }

  private void text(Member member, String name, int length) {
    String at = member.offset() + ", " + length;
    Place place = new Place("", List.of(), at);
    getter(
        declaration(member) + ", up to its first zero",
        "String",
        name,
        place,
        "Text.get(memory, " + at + ")");
    String put = "Text.put(memory, " + at + ", \"" + member.name() + "\", value);";
    setter(member, "String", name, place, put);
    bytes(member, names.method(member.name() + "_bytes"), length);
  }

  private void bytes(Member member, String name, int length) {
    Place place = new Place("", List.of(), "");
    String get = "memory.get(" + member.offset() + ", " + length + ")";
    getter("The bytes of " + declaration(member), "byte[]", name, place, get);
    if (member.writable()) {
      Place checked =
          new Place(
              "", List.of("Objects.checkFromIndexSize(0, value.length, " + length + ");"), "");
      setter(member, "byte[]", name, checked, "memory.put(" + member.offset() + ", value);");
    }
  }
}
