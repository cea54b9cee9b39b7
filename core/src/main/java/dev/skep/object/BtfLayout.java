package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfEditor;
import dev.skep.btf.BtfKind;
import dev.skep.btf.BtfType;
import dev.skep.errors.MalformedException;
import java.util.HashMap;
import java.util.Map;

/**
 * Puts into BTF what the compiler left to the linker (btf_fixup_datasec): sizes of data sections,
 * offsets of their variables, and the linkage of hidden functions and variables.
 */
final class BtfLayout {
  private static final int STATIC = 0;
  private static final int GLOBAL = 1;

  private final ObjectModel model;
  private final Btf btf;
  private final BtfEditor editor;
  private final Map<String, ElfFile.Symbol> variables = new HashMap<>();
  private final Map<String, ElfFile.Symbol> hiddenFunctions = new HashMap<>();

  BtfLayout(ObjectModel model, Btf btf) {
    this.model = model;
    this.btf = btf;
    this.editor = new BtfEditor(btf);
    for (ElfFile.Symbol symbol : model.symbols) {
      if (!symbol.isGlobalOrWeak()) {
        continue;
      }
      if (symbol.type() == ElfFile.Symbol.OBJECT) {
        variables.putIfAbsent(symbol.name(), symbol);
      } else if (symbol.type() == ElfFile.Symbol.FUNC && symbol.isHidden()) {
        hiddenFunctions.putIfAbsent(symbol.name(), symbol);
      }
    }
  }

  /** Whether a DATASEC has a variable that is not static: user space may map it then. */
  static boolean hasVisibleVariable(Btf btf, int dataSec) {
    for (int i = 0; i < btf.vlen(dataSec); i++) {
      int variable = btf.sectionVarType(dataSec, i);
      if (btf.kind(variable) == BtfKind.VAR && btf.varLinkage(variable) != STATIC) {
        return true;
      }
    }
    return false;
  }

  Btf fixed() {
    for (int id = btf.firstId(); id < btf.typeCount(); id++) {
      if (btf.kind(id) == BtfKind.DATASEC && btf.size(id) == 0) {
        fixSection(id);
      } else if (btf.kind(id) == BtfKind.FUNC
          && btf.vlen(id) == BtfType.FUNC_GLOBAL
          && !hiddenFunctions.isEmpty()
          && hiddenFunctions.containsKey(btf.name(id))) {
        editor.funcLinkage(id, BtfType.FUNC_STATIC);
      }
    }
    return editor.build();
  }

  private void fixSection(int id) {
    String name = btf.name(id);
    if (name.equals(".kconfig") || name.equals(".ksyms") || name.equals(".extern")) {
      return;
    }
    editor.dataSecSize(id, (int) sectionSize(name));
    for (int i = 0; i < btf.vlen(id); i++) {
      int variable = btf.sectionVarType(id, i);
      if (btf.kind(variable) != BtfKind.VAR) {
        throw new MalformedException(
            "btf: section \"" + name + "\": type [" + variable + "] is not VAR");
      }
      if (btf.varLinkage(variable) != GLOBAL) {
        continue;
      }
      ElfFile.Symbol symbol = variables.get(btf.name(variable));
      if (symbol == null) {
        throw new MalformedException(
            "btf: section \"" + name + "\": no symbol of variable \"" + btf.name(variable) + "\"");
      }
      if (symbol.isHidden()) {
        editor.varLinkage(variable, STATIC);
      }
      editor.sectionVarOffset(id, i, (int) symbol.value());
    }
    editor.sortSectionVars(id);
  }

  private long sectionSize(String name) {
    for (ElfFile.Section section : model.sections) {
      if (section.name().equals(name) && section.size() != 0) {
        return section.size();
      }
    }
    throw new MalformedException("btf: no section \"" + name + "\", or it is empty");
  }
}
