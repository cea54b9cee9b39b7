package dev.skep.object;

import dev.skep.btf.BtfExt;
import dev.skep.errors.MalformedException;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * Function and line records of a linked program, moved to where its functions were put. Where the
 * entry function has none the program goes without; where only a later one has none it is broken.
 */
final class SourceInfo {
  private static final int[] NOTHING = {};

  private final ObjectModel model;
  private final String program;
  private final List<Linker.Piece> pieces;

  SourceInfo(ObjectModel model, String program, List<Linker.Piece> pieces) {
    this.model = model;
    this.program = program;
    this.pieces = pieces;
  }

  List<FuncInfo> functions() {
    BtfExt ext = model.ext;
    List<FuncInfo> all = new ArrayList<>();
    for (Linker.Piece piece : pieces) {
      int before = all.size();
      int[] records = ext == null ? NOTHING : ext.functions(section(piece));
      for (int i = 0; i < records.length; i += BtfExt.FUNC_INTS) {
        int insn = place(piece, records[i]);
        if (insn >= 0) {
          all.add(new FuncInfo(insn, records[i + 1]));
        }
      }
      if (all.isEmpty()) {
        return List.of();
      }
      requireMore(all.size() > before, "function", piece);
    }
    return List.copyOf(all);
  }

  List<LineInfo> lines() {
    BtfExt ext = model.ext;
    List<LineInfo> all = new ArrayList<>();
    for (Linker.Piece piece : pieces) {
      int before = all.size();
      int[] records = ext == null ? NOTHING : ext.lines(section(piece));
      for (int i = 0; i < records.length; i += BtfExt.LINE_INTS) {
        int insn = place(piece, records[i]);
        if (insn >= 0) {
          all.add(new LineInfo(insn, records[i + 1], records[i + 2], records[i + 3]));
        }
      }
      if (all.isEmpty()) {
        return List.of();
      }
      requireMore(all.size() > before, "line", piece);
    }
    return List.copyOf(all);
  }

  private String section(Linker.Piece piece) {
    return model.sections.get(piece.function().section()).name();
  }

  /** The slot in the program of a byte offset in a piece's section, -1 outside of the piece. */
  private static int place(Linker.Piece piece, int byteOffset) {
    long slot = (byteOffset & 0xffffffffL) / 8;
    ObjectFunction function = piece.function();
    return function.contains(slot) ? (int) slot - function.start() + piece.base() : -1;
  }

  private void requireMore(boolean found, String what, Linker.Piece piece) {
    if (!found) {
      throw new MalformedException(
          "program \""
              + program
              + "\": missing .BTF.ext "
              + what
              + " info of \""
              + piece.function().name()
              + "\"");
    }
  }
}
