package dev.skep.btf;

import dev.skep.errors.MalformedException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A path from a root type to what is relocated, resolved in one BTF. */
final class CoreSpec {
  /** Members and elements of one path, anonymous ones included (BPF_CORE_SPEC_MAX_LEN). */
  static final int MAX_DEPTH = 64;

  /**
   * A step: a named member of a struct, an element of an array, or an enumerator.
   *
   * @param type the struct, or the array's element, or the enum
   * @param name null for an array's element
   */
  record Step(int type, int index, @Nullable String name) {}

  final Btf btf;
  final int root;
  final List<Step> steps = new ArrayList<>();
  long bitOffset;

  /** Members and elements so far, anonymous members too. */
  private int depth;

  CoreSpec(Btf btf, int root) {
    this.btf = btf;
    this.root = root;
  }

  /**
   * Goes one member or element deeper.
   *
   * @throws MalformedException if the path is too long
   */
  void enter(int type) {
    if (depth == MAX_DEPTH) {
      throw new MalformedException("target type [" + type + "] nests too deep");
    }
    depth++;
  }

  void leave() {
    depth--;
  }

  Step last() {
    return steps.getLast();
  }

  /**
   * Reads an access string such as "0:1:2" (bpf_core_parse_spec).
   *
   * @throws MalformedException if the path leads nowhere in the local types
   */
  static CoreSpec parse(Btf btf, int root, String access, CoreKind kind) {
    CoreSpec spec = new CoreSpec(btf, root);
    if (kind.isTypeBased()) {
      if (!access.equals("0")) {
        throw spec.bad(access);
      }
      return spec;
    }
    int[] path = spec.numbers(access);
    int id = spec.resolved(root, access);
    if (!kind.isFieldBased()) {
      if (!BtfKind.isAnyEnum(btf.kind(id)) || path.length > 1 || path[0] >= btf.vlen(id)) {
        throw spec.bad(access);
      }
      String name = btf.string(btf.enumNameOffset(id, path[0]));
      spec.steps.add(new Step(id, path[0], name));
      return spec;
    }
    spec.steps.add(new Step(id, path[0], null));
    spec.bitOffset = path[0] * spec.bits(id, access);
    for (int i = 1; i < path.length; i++) {
      id = spec.descend(id, path[i], access);
    }
    return spec;
  }

  /** Follows one index from a type; returns the type that it leads to. */
  private int descend(int from, int index, String access) {
    int id = resolved(from, access);
    if (BtfKind.isComposite(btf.kind(id))) {
      if (index >= btf.vlen(id)) {
        throw bad(access);
      }
      bitOffset += btf.memberBitOffset(id, index) & 0xffffffffL;
      if (btf.memberNameOffset(id, index) != 0) {
        steps.add(new Step(id, index, btf.string(btf.memberNameOffset(id, index))));
      }
      return btf.memberType(id, index);
    }
    if (btf.kind(id) != BtfKind.ARRAY) {
      throw bad(access);
    }
    boolean outside = Integer.compareUnsigned(index, btf.arrayLength(id)) >= 0;
    if (outside && !endsInFlexibleArray(id)) {
      throw bad(access);
    }
    int element = resolved(btf.arrayElement(id), access);
    steps.add(new Step(element, index, null));
    bitOffset += index * bits(element, access);
    return element;
  }

  /** Whether an array is a zero-length last member of the struct that the path came through. */
  boolean endsInFlexibleArray(int array) {
    Step step = last();
    return step.name() != null
        && btf.arrayLength(array) == 0
        && step.index() == btf.vlen(step.type()) - 1;
  }

  private int[] numbers(String access) {
    String[] parts = access.split(":", -1);
    if (parts.length > MAX_DEPTH) {
      throw bad(access);
    }
    int[] numbers = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      String part = parts[i];
      boolean decimal = !part.isEmpty() && part.length() < 10;
      for (int j = 0; j < part.length() && decimal; j++) {
        decimal = part.charAt(j) >= '0' && part.charAt(j) <= '9';
      }
      if (!decimal) {
        throw bad(access);
      }
      numbers[i] = Integer.parseInt(part);
    }
    return numbers;
  }

  private int resolved(int id, String access) {
    int at = btf.skip(id, true);
    if (at < 0) {
      throw bad(access);
    }
    return at;
  }

  private long bits(int id, String access) {
    long size = btf.sizeOf(id);
    if (size < 0) {
      throw bad(access);
    }
    return 8 * size;
  }

  private MalformedException bad(String access) {
    return new MalformedException(
        "parsing ["
            + root
            + "] "
            + BtfKind.name(btf.kind(root))
            + " "
            + btf.name(root)
            + " + "
            + access);
  }
}
