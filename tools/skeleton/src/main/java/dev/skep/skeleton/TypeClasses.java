package dev.skep.skeleton;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Writes the classes of structs, unions and enums that the sections use, and what these use. */
final class TypeClasses {
  private static final int MAX_DEPTH = 32;

  private final ViewTypes types;
  private final Btf btf;
  private final SourceText out;

  TypeClasses(ViewTypes types, SourceText out) {
    this.types = types;
    this.btf = types.btf;
    this.out = out;
  }

  void writeAll() {
    for (Integer id = types.next(); id != null; id = types.next()) {
      String name = types.classOf(id, "");
      if (BtfKind.isAnyEnum(btf.kind(id))) {
        enumeration(id, name);
      } else {
        struct(id, name);
      }
    }
  }

  private String describe(int id) {
    return "{@code " + CTypes.text(btf, id) + "}";
  }

  private void struct(int id, String name) {
    out.gap().doc(describe(id) + ", " + btf.size(id) + " bytes.");
    out.line("public static final class " + name + " {");
    out.doc("Size in bytes.").line("public static final int SIZE = " + btf.size(id) + ";");
    out.gap().line("private final DataMemory memory;");
    out.gap().doc("The struct at the start of some memory, as of a map's value.");
    out.line("public " + name + "(DataMemory memory) {");
    out.line("this.memory = memory;").line("}");
    out.gap().doc("The memory that it begins.");
    out.line("public DataMemory memory() {").line("return memory;").line("}");
    Accessors accessors = new Accessors(types, out, name, new JavaNames("memory", "SIZE"));
    members(id, 0, 0).forEach(accessors::write);
    out.line("}");
  }

  /** The members by their names, those of anonymous structs and unions among them. */
  private List<Member> members(int composite, long base, int depth) {
    List<Member> all = new ArrayList<>();
    for (int i = 0; depth < MAX_DEPTH && i < btf.vlen(composite); i++) {
      String name = btf.string(btf.memberNameOffset(composite, i));
      int type = btf.memberType(composite, i);
      long bit = base + btf.memberBitOffset(composite, i);
      if (!name.isEmpty()) {
        all.add(new Member(name, type, bit, btf.memberBitSize(composite, i), false, true));
      } else if (BtfKind.isComposite(btf.kind(btf.skip(type, true)))) {
        all.addAll(members(btf.skip(type, true), bit, depth + 1));
      }
    }
    return all;
  }

  private void enumeration(int id, String name) {
    JavaNames names = new JavaNames("value");
    out.gap().doc(describe(id) + ".");
    out.line("public enum " + name + " {");
    for (int i = 0; i < btf.vlen(id); i++) {
      String c = btf.string(btf.enumNameOffset(id, i));
      String end = i + 1 < btf.vlen(id) ? ")," : ");";
      out.doc("{@code " + c + "}.");
      out.line(names.constant(c) + "(" + constant(id, i) + end);
    }
    out.gap().line("private final long value;");
    out.gap().line(name + "(long value) {").line("this.value = value;").line("}");
    out.gap().doc("The number in C.");
    out.line("public long value() {").line("return value;").line("}");
    out.gap()
        .doc("The first constant with that number; IllegalArgumentException if there is none.");
    out.line("public static " + name + " of(long value) {");
    out.line("for (" + name + " each : values()) {");
    out.line("if (each.value == value) {").line("return each;").line("}").line("}");
    out.line(
        "throw new IllegalArgumentException(\"no " + CTypes.text(btf, id) + " is \" + value);");
    out.line("}").line("}");
  }

  private String constant(int id, int index) {
    long value = btf.enumValue(id, index);
    return value == (int) value ? Long.toString(value) : value + "L";
  }

  /** The variables of a section that programs of other files may name, in their order. */
  List<Member> variables(int section, boolean writable) {
    List<Member> all = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < btf.vlen(section); i++) {
      int variable = btf.sectionVarType(section, i);
      boolean named =
          btf.kind(variable) == BtfKind.VAR
              && btf.varLinkage(variable) != 0
              && seen.add(btf.name(variable));
      if (named) {
        boolean last = i + 1 == btf.vlen(section);
        long bit = btf.sectionVarOffset(section, i) * 8L;
        int type = btf.target(variable);
        all.add(new Member(btf.name(variable), type, bit, 0, last, writable));
      }
    }
    return all;
  }
}
