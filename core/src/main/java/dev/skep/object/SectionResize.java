package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfKind;
import dev.skep.btf.BtfType;
import dev.skep.program.MapSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The types of a data section that gets another size: its last variable, an array, takes it all.
 */
final class SectionResize {
  private final Btf btf;
  private final int section;
  private final int size;

  private SectionResize(Btf btf, int section, int size) {
    this.btf = btf;
    this.section = section;
    this.size = size;
  }

  /** Why the types of a section cannot follow its size, one clause, or null. */
  static @Nullable String problem(MapSpec spec, int size) {
    Btf btf = spec.btf();
    int id = spec.valueTypeId();
    if (btf == null || btf.kind(id) != BtfKind.DATASEC || btf.vlen(id) == 0) {
      return "it has no types";
    }
    return new SectionResize(btf, id, size).problem();
  }

  /** The types with the section in its new size; the ids of all others stay. */
  static Btf resized(Btf btf, int section, int size) {
    return btf.size(section) == size ? btf : new SectionResize(btf, section, size).rebuilt();
  }

  private @Nullable String problem() {
    int variable = btf.sectionVarType(section, last());
    int array = btf.kind(variable) == BtfKind.VAR ? btf.skip(btf.target(variable), true) : -1;
    if (array < 0 || btf.kind(array) != BtfKind.ARRAY) {
      return "its last variable is no array";
    }
    long element = btf.sizeOf(btf.arrayElement(array));
    return element <= 0 || room() <= 0 || room() % element != 0
        ? "its last variable has elements of " + element + " bytes in " + room()
        : null;
  }

  private int last() {
    return btf.vlen(section) - 1;
  }

  private long room() {
    return (long) size - btf.sectionVarOffset(section, last());
  }

  private Btf rebuilt() {
    BtfBuilder builder = BtfBuilder.of(btf);
    int newArray = btf.typeCount();
    for (int id = 1; id < newArray; id++) {
      builder.add(id == section ? grown(newArray + 1) : btf.type(id));
    }
    int variable = btf.sectionVarType(section, last());
    int array = btf.skip(btf.target(variable), true);
    int element = btf.arrayElement(array);
    int length = (int) (room() / btf.sizeOf(element));
    builder.add(new BtfType.Array(element, btf.arrayIndex(array), length));
    builder.add(new BtfType.Var(btf.name(variable), newArray, btf.varLinkage(variable)));
    return builder.build();
  }

  private BtfType grown(int lastVariable) {
    List<BtfType.SectionVar> variables = new ArrayList<>();
    for (int i = 0; i < last(); i++) {
      variables.add(
          new BtfType.SectionVar(
              btf.sectionVarType(section, i),
              btf.sectionVarOffset(section, i),
              btf.sectionVarSize(section, i)));
    }
    int offset = btf.sectionVarOffset(section, last());
    variables.add(new BtfType.SectionVar(lastVariable, offset, (int) room()));
    return new BtfType.DataSec(btf.name(section), size, variables);
  }
}
