package dev.skep.object;

import dev.skep.btf.BtfExt;
import dev.skep.errors.UnsupportedException;
import java.util.List;

/** Applies the CO-RE relocations of a linked program. */
final class CoreRelocations {
  private static final int LOCAL_TYPE_ID = 6;
  private static final String[] KINDS = {
    "byte_off",
    "byte_sz",
    "field_exists",
    "signed",
    "lshift_u64",
    "rshift_u64",
    "local_type_id",
    "target_type_id",
    "type_exists",
    "type_size",
    "enumval_exists",
    "enumval_value",
    "type_matches"
  };

  private final ObjectModel model;
  private final String program;

  CoreRelocations(ObjectModel model, String program) {
    this.model = model;
    this.program = program;
  }

  void apply(long[] insns, List<Linker.Piece> pieces) {
    BtfExt ext = model.ext;
    if (ext == null) {
      return;
    }
    for (Linker.Piece piece : pieces) {
      ObjectFunction function = piece.function();
      int[] records = ext.relocations(model.sections.get(function.section()).name());
      for (int i = 0; i < records.length; i += BtfExt.CORE_INTS) {
        long slot = (records[i] & 0xffffffffL) / 8;
        int kind = records[i + 3];
        if (function.contains(slot) && kind != LOCAL_TYPE_ID) {
          String name = kind >= 0 && kind < KINDS.length ? KINDS[kind] : "kind " + kind;
          throw new UnsupportedException(
              "program \""
                  + program
                  + "\": CO-RE relocation ("
                  + name
                  + ") at insn "
                  + (slot - function.start() + piece.base())
                  + " without kernel BTF");
        }
      }
    }
  }
}
