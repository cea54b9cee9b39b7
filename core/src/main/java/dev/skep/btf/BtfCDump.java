package dev.skep.btf;

import dev.skep.errors.MalformedException;
import java.io.IOException;

/** Writes types as C that compiles, as "bpftool btf dump file F format c" does. */
public final class BtfCDump {
  private static final String HEAD =
      """
      #ifndef __VMLINUX_H__
      #define __VMLINUX_H__

      #ifndef BPF_NO_PRESERVE_ACCESS_INDEX
      #pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
      #endif

      """;
  private static final String TAIL =
      """
      #ifndef BPF_NO_PRESERVE_ACCESS_INDEX
      #pragma clang attribute pop
      #endif

      #endif /* __VMLINUX_H__ */
      """;

  private static final int MAX_DEPTH = 512;

  private enum Mark {
    NEW,
    OPEN,
    DONE
  }

  private final Btf btf;
  private final COrder order;
  private final Mark[] marks;
  private final boolean[] declared;
  private final CDeclaration declaration;
  private final StringBuilder text;
  private long steps;

  private BtfCDump(Btf btf) {
    this.btf = btf;
    this.order = new COrder(btf);
    this.marks = new Mark[btf.typeCount()];
    java.util.Arrays.fill(marks, Mark.NEW);
    marks[0] = Mark.DONE;
    this.declared = new boolean[btf.typeCount()];
    this.text = new StringBuilder();
    this.declaration = new CDeclaration(btf, text);
  }

  /**
   * Writes all types of the blob, those of its base first.
   *
   * @throws MalformedException if types embed themselves, or nest beyond all reason
   */
  public static void write(Btf btf, Appendable out) throws IOException {
    BtfCDump dump = new BtfCDump(btf);
    out.append(HEAD);
    for (int root = 1; root < btf.typeCount(); root++) {
      for (int id : dump.order.of(root)) {
        dump.emit(id, 0, 0);
        out.append(dump.text);
        dump.text.setLength(0);
      }
    }
    out.append(TAIL);
  }

  /**
   * Defines a type, or declares what the definition that it is part of needs.
   *
   * @param container the type being defined, 0 if it is this one
   */
  private void emit(int id, int container, int depth) {
    if (marks[id] == Mark.DONE) {
      return;
    }
    if (depth > MAX_DEPTH || ++steps > 1_000_000L + 64L * btf.bytes().length) {
      throw new MalformedException("btf: type [" + id + "]: types nest too deep");
    }
    if (marks[id] == Mark.OPEN) {
      emitAgain(id, container);
      return;
    }
    switch (btf.kind(id)) {
      case BtfKind.INT -> {
        emitAlias(id);
        marks[id] = Mark.DONE;
      }
      case BtfKind.ENUM, BtfKind.ENUM64 -> {
        if (container == 0) {
          declaration.enumDefinition(id, 0);
          text.append(";\n\n");
        }
        marks[id] = Mark.DONE;
      }
      case BtfKind.PTR, BtfKind.VOLATILE, BtfKind.CONST, BtfKind.RESTRICT, BtfKind.TYPE_TAG ->
          emit(btf.target(id), container, depth + 1);
      case BtfKind.ARRAY -> emit(btf.arrayElement(id), container, depth + 1);
      case BtfKind.FWD -> {
        declaration.forward(id);
        text.append(";\n\n");
        marks[id] = Mark.DONE;
      }
      case BtfKind.TYPEDEF -> {
        marks[id] = Mark.OPEN;
        emit(btf.target(id), id, depth + 1);
        emitTypedef(id);
        marks[id] = Mark.DONE;
      }
      case BtfKind.STRUCT, BtfKind.UNION -> emitComposite(id, container, depth);
      case BtfKind.FUNC_PROTO -> {
        emit(btf.target(id), container, depth + 1);
        for (int i = 0; i < btf.vlen(id); i++) {
          emit(btf.paramType(id, i), container, depth + 1);
        }
      }
      default -> {}
    }
  }

  /** A type that is being defined is needed inside its own definition. */
  private void emitAgain(int id, int container) {
    int kind = btf.kind(id);
    if (kind == BtfKind.TYPEDEF) {
      emitTypedef(id);
    } else if (id != container && !declared[id] && BtfKind.isComposite(kind)) {
      if (btf.nameOffset(id) != 0) {
        emitForward(id);
      }
    }
  }

  private void emitForward(int id) {
    declaration.tag(id);
    text.append(";\n\n");
    declared[id] = true;
  }

  private void emitTypedef(int id) {
    if (!declared[id] && !btf.name(id).equals("__builtin_va_list")) {
      declaration.typedef(id);
      text.append(";\n\n");
    }
    declared[id] = true;
  }

  private void emitComposite(int id, int container, int depth) {
    boolean named = btf.nameOffset(id) != 0;
    marks[id] = Mark.OPEN;
    if (container == 0 || !named) {
      int inside = named ? id : container;
      for (int i = 0; i < btf.vlen(id); i++) {
        emit(btf.memberType(id, i), inside, depth + 1);
      }
    } else if (!declared[id] && id != container) {
      emitForward(id);
    }
    if (container == 0) {
      declaration.compositeDefinition(id, 0);
      text.append(";\n\n");
      marks[id] = Mark.DONE;
    } else {
      marks[id] = Mark.NEW;
    }
  }

  /** Vector types that arm compilers know by names of their own. */
  private void emitAlias(int id) {
    String name = btf.name(id);
    String type =
        switch (name) {
          case "__Poly8_t" -> "unsigned char";
          case "__Poly16_t" -> "unsigned short";
          case "__Poly64_t" -> "unsigned long long";
          case "__Poly128_t" -> "unsigned __int128";
          default -> "";
        };
    if (!type.isEmpty()) {
      text.append("typedef ").append(type).append(' ').append(name).append(";\n\n");
    }
  }
}
