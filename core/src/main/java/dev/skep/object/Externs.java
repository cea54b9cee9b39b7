package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;

/**
 * Resolves symbols that the object only declares. Weak ones that nothing provides become what
 * libbpf makes of them: address 0, or a call that no verifier lets through where it is reachable.
 */
final class Externs {
  private static final int CALL = 0x85;

  /** Imm of a call to a kernel function that is not there, plus the extern's number. */
  private static final int POISONED_CALL = 2_002_000_000;

  private final ObjectModel model;
  private final String program;

  Externs(ObjectModel model, String program) {
    this.model = model;
    this.program = program;
  }

  void resolve(long[] insns, int slot, ElfFile.Symbol symbol) {
    String section = sectionOf(symbol.name());
    boolean weak = symbol.bind() == ElfFile.Symbol.WEAK;
    boolean call = InsnWord.code(insns[slot]) == CALL;
    if (section.equals(".ksyms") && weak) {
      if (call) {
        insns[slot] = InsnWord.of(CALL, 0, 0, 0, POISONED_CALL + number(symbol));
      } else if (slot + 1 < insns.length) {
        insns[slot] = InsnWord.withImm(InsnWord.withSrc(insns[slot], 0), 0);
        insns[slot + 1] = InsnWord.withImm(insns[slot + 1], 0);
      }
      return;
    }
    String what = section.equals(Kconfig.NAME) ? "kconfig" : call ? "kfunc" : "ksym";
    throw new UnsupportedException(
        "program \"" + program + "\": extern " + what + " '" + symbol.name() + "'");
  }

  /** The extern's place in libbpf's list: settings of the kernel first, then symbols by name. */
  private int number(ElfFile.Symbol symbol) {
    int number = model.settings.size();
    for (ElfFile.Symbol other : model.symbols) {
      if (other.section() == 0
          && other.type() == ElfFile.Symbol.NOTYPE
          && other.isGlobalOrWeak()
          && !model.settings.containsKey(other.name())
          && !other.name().isEmpty()
          && other.name().compareTo(symbol.name()) < 0) {
        number++;
      }
    }
    return number;
  }

  /** The DATASEC that declares an extern. */
  private String sectionOf(String name) {
    Btf btf = model.btf;
    int variable = 0;
    if (btf != null) {
      int function = btf.find(name, BtfKind.FUNC);
      variable = function != 0 ? function : btf.find(name, BtfKind.VAR);
    }
    if (btf == null || variable == 0) {
      throw new MalformedException(
          "program \"" + program + "\": failed to find BTF for extern '" + name + "'");
    }
    for (int id = btf.firstId(); id < btf.typeCount(); id++) {
      if (btf.kind(id) != BtfKind.DATASEC) {
        continue;
      }
      for (int i = 0; i < btf.vlen(id); i++) {
        if (btf.sectionVarType(id, i) == variable) {
          String section = btf.name(id);
          if (section.equals(".kconfig") || section.equals(".ksyms")) {
            return section;
          }
          throw new MalformedException(
              "program \""
                  + program
                  + "\": unrecognized extern section '"
                  + section
                  + "' of '"
                  + name
                  + "'");
        }
      }
    }
    throw new MalformedException(
        "program \""
            + program
            + "\": failed to find BTF for extern '"
            + name
            + "' ["
            + variable
            + "] section");
  }
}
