package dev.skep.btf;

import dev.skep.errors.MalformedException;
import java.util.Arrays;

/**
 * In which order types must be defined in C: what a definition embeds comes before it, what it only
 * points to may be declared forward.
 */
final class COrder {
  private static final int MAX_DEPTH = 512;

  private enum Mark {
    NEW,
    OPEN,
    DONE
  }

  private final Btf btf;
  private final Mark[] marks;
  private final boolean[] referenced;
  private int[] queue = new int[64];
  private int queued;

  COrder(Btf btf) {
    this.btf = btf;
    this.marks = new Mark[btf.typeCount()];
    this.referenced = new boolean[btf.typeCount()];
    Arrays.fill(marks, Mark.NEW);
    marks[0] = Mark.DONE;
    for (int id = 1; id < btf.typeCount(); id++) {
      markReferences(id);
    }
  }

  /**
   * The types to define for a root, itself the last of them; what was returned once is left out.
   */
  int[] of(int root) {
    queued = 0;
    visit(root, false, 0);
    return Arrays.copyOf(queue, queued);
  }

  private void markReferences(int id) {
    switch (btf.kind(id)) {
      case BtfKind.PTR,
          BtfKind.TYPEDEF,
          BtfKind.VOLATILE,
          BtfKind.CONST,
          BtfKind.RESTRICT,
          BtfKind.FUNC,
          BtfKind.VAR,
          BtfKind.DECL_TAG,
          BtfKind.TYPE_TAG ->
          referenced[btf.target(id)] = true;
      case BtfKind.ARRAY -> {
        referenced[btf.arrayElement(id)] = true;
        referenced[btf.arrayIndex(id)] = true;
      }
      case BtfKind.STRUCT, BtfKind.UNION -> {
        for (int i = 0; i < btf.vlen(id); i++) {
          referenced[btf.memberType(id, i)] = true;
        }
      }
      case BtfKind.FUNC_PROTO -> {
        for (int i = 0; i < btf.vlen(id); i++) {
          referenced[btf.paramType(id, i)] = true;
        }
      }
      case BtfKind.DATASEC -> {
        for (int i = 0; i < btf.vlen(id); i++) {
          referenced[btf.sectionVarType(id, i)] = true;
        }
      }
      default -> {}
    }
  }

  /** Queues what must come first; returns whether a use of the type needs its definition. */
  private boolean visit(int id, boolean pointed, int depth) {
    if (marks[id] == Mark.DONE) {
      return true;
    }
    if (depth > MAX_DEPTH) {
      throw new MalformedException("btf: type [" + id + "]: types nest too deep");
    }
    int kind = btf.kind(id);
    boolean named = btf.nameOffset(id) != 0;
    if (marks[id] == Mark.OPEN) {
      if (BtfKind.isComposite(kind) && pointed && named) {
        return false;
      }
      throw new MalformedException("btf: type [" + id + "]: unsatisfiable type cycle");
    }
    return switch (kind) {
      case BtfKind.PTR -> {
        boolean strong = visit(btf.target(id), true, depth + 1);
        marks[id] = Mark.DONE;
        yield strong;
      }
      case BtfKind.ARRAY -> visit(btf.arrayElement(id), false, depth + 1);
      case BtfKind.STRUCT, BtfKind.UNION -> !(pointed && named) && define(id, named, depth);
      case BtfKind.ENUM, BtfKind.ENUM64, BtfKind.FWD -> {
        if (named || !referenced[id]) {
          enqueue(id);
        }
        marks[id] = Mark.DONE;
        yield true;
      }
      case BtfKind.TYPEDEF -> {
        boolean strong = visit(btf.target(id), pointed, depth + 1);
        if (pointed && !strong) {
          yield false;
        }
        enqueue(id);
        marks[id] = Mark.DONE;
        yield true;
      }
      case BtfKind.VOLATILE, BtfKind.CONST, BtfKind.RESTRICT, BtfKind.TYPE_TAG ->
          visit(btf.target(id), pointed, depth + 1);
      case BtfKind.FUNC_PROTO -> visitProto(id, pointed, depth);
      default -> {
        marks[id] = Mark.DONE;
        yield false;
      }
    };
  }

  private boolean define(int id, boolean named, int depth) {
    marks[id] = Mark.OPEN;
    for (int i = 0; i < btf.vlen(id); i++) {
      visit(btf.memberType(id, i), false, depth + 1);
    }
    if (named) {
      enqueue(id);
    }
    marks[id] = Mark.DONE;
    return true;
  }

  private boolean visitProto(int id, boolean pointed, int depth) {
    boolean strong = visit(btf.target(id), pointed, depth + 1);
    for (int i = 0; i < btf.vlen(id); i++) {
      strong |= visit(btf.paramType(id, i), pointed, depth + 1);
    }
    return strong;
  }

  private void enqueue(int id) {
    if (queued == queue.length) {
      queue = Arrays.copyOf(queue, 2 * queued);
    }
    queue[queued++] = id;
  }
}
