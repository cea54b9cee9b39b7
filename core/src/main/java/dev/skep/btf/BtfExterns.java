package dev.skep.btf;

import java.util.ArrayList;
import java.util.List;

/**
 * Makes the declarations of an object's ".ksyms" section definitions, which is all that the kernel
 * reads (bpf_object__resolve_externs of libbpf): each entry becomes an int of 4 bytes, functions
 * are stood for by one variable, and their parameters get names. All ids stay.
 */
public final class BtfExterns {
  private static final String SECTION = ".ksyms";
  private static final String DUMMY = "dummy_ksym";
  private static final int ENTRY_BYTES = 4;

  private BtfExterns() {}

  /** The blob that the kernel takes; the blob itself where it declares nothing. */
  public static Btf define(Btf btf) {
    int section = btf.base() == null ? btf.find(SECTION, BtfKind.DATASEC) : 0;
    if (section == 0) {
      return btf;
    }
    BtfBuilder builder = BtfBuilder.of(btf);
    int integer = btf.typeCount();
    int dummy = integer + 1;
    for (int id = btf.firstId(); id < btf.typeCount(); id++) {
      BtfType type = btf.type(id);
      builder.add(
          id == section
              ? entries(btf, (BtfType.DataSec) type, dummy)
              : defined(btf, section, id, type, integer));
    }
    builder.add(new BtfType.Int("int", ENTRY_BYTES, 1, 0, 8 * ENTRY_BYTES));
    builder.add(new BtfType.Var(DUMMY, integer, 1));
    return builder.build();
  }

  private static BtfType.DataSec entries(Btf btf, BtfType.DataSec section, int dummy) {
    List<BtfType.SectionVar> entries = new ArrayList<>();
    for (BtfType.SectionVar entry : section.variables()) {
      int type = btf.kind(entry.type()) == BtfKind.FUNC ? dummy : entry.type();
      entries.add(new BtfType.SectionVar(type, ENTRY_BYTES * entries.size(), ENTRY_BYTES));
    }
    return new BtfType.DataSec(section.name(), ENTRY_BYTES * entries.size(), entries);
  }

  private static BtfType defined(Btf btf, int section, int id, BtfType type, int integer) {
    return switch (type) {
      case BtfType.Var variable when isEntry(btf, section, id) ->
          new BtfType.Var(variable.name(), integer, 1);
      case BtfType.Func function when isEntry(btf, section, id) ->
          new BtfType.Func(function.name(), function.proto(), BtfType.FUNC_GLOBAL);
      case BtfType.FuncProto proto when isEntrysProto(btf, section, id) -> named(proto);
      default -> type;
    };
  }

  private static boolean isEntry(Btf btf, int section, int id) {
    for (int i = 0; i < btf.vlen(section); i++) {
      if (btf.sectionVarType(section, i) == id) {
        return true;
      }
    }
    return false;
  }

  private static boolean isEntrysProto(Btf btf, int section, int id) {
    for (int i = 0; i < btf.vlen(section); i++) {
      int entry = btf.sectionVarType(section, i);
      if (btf.kind(entry) == BtfKind.FUNC && btf.target(entry) == id) {
        return true;
      }
    }
    return false;
  }

  /** The kernel wants a name for each parameter of a function; "..." has none. */
  private static BtfType.FuncProto named(BtfType.FuncProto proto) {
    List<BtfType.Param> params = new ArrayList<>();
    for (BtfType.Param param : proto.params()) {
      boolean bare = param.name().isEmpty() && param.type() != 0;
      params.add(bare ? new BtfType.Param(DUMMY, param.type()) : param);
    }
    return new BtfType.FuncProto(proto.result(), params);
  }
}
