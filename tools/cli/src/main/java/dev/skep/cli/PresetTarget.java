package dev.skep.cli;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.MalformedException;
import dev.skep.object.BpfObject;
import dev.skep.object.GlobalVariable;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a global variable that a preset names: found by the object's types, checked, and
 * written into the initial value of its section. Only integers and enums can be set.
 */
final class PresetTarget {
  private static final int SIGNED = 1;

  private final GlobalPreset preset;
  private final Btf btf;

  /** The part so far: what it is called, its type without typedefs, where it is, its bytes. */
  private String name;

  private int type;
  private long offset;
  private long size;

  private PresetTarget(GlobalPreset preset, Btf btf, GlobalVariable variable) {
    this.preset = preset;
    this.btf = btf;
    this.name = variable.name();
    this.type = btf.skip(btf.target(variable.typeId()), true);
    this.size = variable.size();
  }

  /**
   * Sets all of them.
   *
   * @throws MalformedException for one that the object has no place for
   */
  static void apply(BpfObject object, List<GlobalPreset> presets) {
    for (GlobalPreset preset : presets) {
      List<GlobalVariable> found =
          object.variables().stream()
              .filter(variable -> variable.name().equals(preset.variable()))
              .toList();
      if (found.size() != 1) {
        throw bad(
            preset,
            (found.isEmpty() ? "no variable \"" : "more than one variable \"")
                + preset.variable()
                + "\"");
      }
      set(object, preset, found.getFirst());
    }
  }

  private static void set(BpfObject object, GlobalPreset preset, GlobalVariable variable) {
    Btf btf = object.map(variable.map()).spec().btf();
    if (btf == null || variable.typeId() == 0) {
      throw bad(preset, "the object has no type of \"" + variable.name() + "\"");
    }
    PresetTarget target = new PresetTarget(preset, btf, variable);
    preset.path().forEach(target::step);
    long value = target.value();
    byte[] bytes =
        Arrays.copyOfRange(
            object.map(variable.map()).image(),
            variable.offset(),
            variable.offset() + variable.size());
    if (target.offset < 0 || target.size > bytes.length - target.offset) {
      throw bad(preset, "outside of \"" + variable.name() + "\"");
    }
    for (int i = 0; i < target.size; i++) {
      int at = object.isBigEndian() ? (int) target.size - 1 - i : i;
      bytes[(int) target.offset + at] = (byte) (value >>> 8 * i);
    }
    object.set(variable.name(), bytes);
  }

  private static MalformedException bad(GlobalPreset preset, String what) {
    return new MalformedException("-G \"" + preset.text() + "\": " + what);
  }

  private MalformedException bad(String what) {
    return bad(preset, what);
  }

  private void step(GlobalPreset.Step step) {
    switch (step) {
      case GlobalPreset.Step.Member member -> {
        if (!isComposite(type)) {
          throw bad("\"" + name + "\" is no struct or union");
        }
        if (!member(type, 0, member.name())) {
          throw bad("no member \"" + member.name() + "\" in \"" + name + "\"");
        }
        name = member.name();
      }
      case GlobalPreset.Step.Element element -> element(element.index());
    }
  }

  private void element(GlobalPreset.Operand operand) {
    if (type < 0 || btf.kind(type) != BtfKind.ARRAY) {
      throw bad("\"" + name + "\" is no array");
    }
    long index =
        switch (operand) {
          case GlobalPreset.Operand.Number number -> number.value();
          case GlobalPreset.Operand.Enumerator enumerator -> anyEnumerator(enumerator.name());
        };
    long length = btf.arrayLength(type) & 0xffffffffL;
    if (index < 0 || index >= length) {
      throw bad("index " + index + " is outside of \"" + name + "\", which has " + length);
    }
    int inner = btf.arrayElement(type);
    size = btf.sizeOf(inner);
    offset += size * index;
    type = btf.skip(inner, true);
  }

  private boolean isComposite(int id) {
    return id >= 0 && (btf.kind(id) == BtfKind.STRUCT || btf.kind(id) == BtfKind.UNION);
  }

  /** Goes to a member, also through anonymous ones; false if there is none. */
  private boolean member(int parent, long base, String wanted) {
    for (int i = 0; i < btf.vlen(parent); i++) {
      int inner = btf.skip(btf.memberType(parent, i), true);
      long at = base + btf.memberBitOffset(parent, i) / 8;
      String found = btf.string(btf.memberNameOffset(parent, i));
      if (found.isEmpty()) {
        if (isComposite(inner) && member(inner, at, wanted)) {
          return true;
        }
      } else if (found.equals(wanted)) {
        if (btf.memberBitSize(parent, i) != 0) {
          throw bad("\"" + wanted + "\" is a bit field");
        }
        offset += at;
        size = btf.sizeOf(btf.memberType(parent, i));
        type = inner;
        return true;
      }
    }
    return false;
  }

  private boolean isEnum() {
    return type >= 0 && BtfKind.isAnyEnum(btf.kind(type));
  }

  /** The value, which fits. */
  private long value() {
    boolean integer = type >= 0 && btf.kind(type) == BtfKind.INT;
    if (!integer && !isEnum() || size < 1 || size > 8) {
      throw bad("\"" + name + "\" is neither an integer nor an enum");
    }
    long value =
        switch (preset.value()) {
          case GlobalPreset.Operand.Number number -> number.value();
          case GlobalPreset.Operand.Enumerator enumerator -> {
            if (!isEnum()) {
              throw bad("\"" + enumerator.name() + "\" is no value for \"" + btf.name(type) + "\"");
            }
            Long found = enumerator(type, enumerator.name());
            if (found == null) {
              throw bad("no \"" + enumerator.name() + "\" in the enum of \"" + name + "\"");
            }
            yield found;
          }
        };
    if (size < 8) {
      boolean signed = integer ? (btf.intEncoding(type) & SIGNED) != 0 : btf.kindFlag(type);
      long end = 1L << (8 * size - (signed ? 1 : 0));
      // As veristat, which takes -1 for all ones of an unsigned type.
      if (value >= end || value < -end) {
        throw bad("%d is outside of %d to %d".formatted(value, signed ? -end : 0, end - 1));
      }
    }
    return value;
  }

  private @Nullable Long enumerator(int id, String wanted) {
    for (int i = 0; i < btf.vlen(id); i++) {
      if (btf.string(btf.enumNameOffset(id, i)).equals(wanted)) {
        return btf.enumValue(id, i);
      }
    }
    return null;
  }

  private long anyEnumerator(String wanted) {
    for (int id = btf.firstId(); id < btf.typeCount(); id++) {
      if (BtfKind.isAnyEnum(btf.kind(id))) {
        Long value = enumerator(id, wanted);
        if (value != null) {
          return value;
        }
      }
    }
    throw bad("no enumerator \"" + wanted + "\"");
  }
}
