package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.btf.CoreResolver;
import dev.skep.errors.Errno;
import dev.skep.errors.MalformedException;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import java.util.OptionalLong;

/**
 * Resolves symbols that the object only declares. Weak ones that nothing provides become what
 * libbpf makes of them: address 0, or a call that no verifier lets through where it is reachable.
 */
final class Externs {
  private static final int CALL = 0x85;

  /** Imm of a call to a kernel function that is not there, plus the extern's number. */
  private static final int POISONED_CALL = 2_002_000_000;

  private static final int PSEUDO_KFUNC_CALL = 2;
  private static final int PSEUDO_BTF_ID = 3;

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
    if (section.equals(".ksyms") && (call || isTyped(symbol.name()))) {
      int id = find(symbol.name(), weak);
      if (id > 0) {
        point(insns, slot, call, id);
        return;
      }
    }
    if (section.equals(".ksyms") && !call && !isTyped(symbol.name()) && model.addresses != null) {
      address(insns, slot, symbol.name(), weak);
      return;
    }
    if (section.equals(".ksyms") && weak) {
      if (call) {
        insns[slot] = InsnWord.of(CALL, 0, 0, 0, POISONED_CALL + number(symbol));
      } else {
        point(insns, slot, false, 0);
      }
      return;
    }
    String what = section.equals(Kconfig.NAME) ? "kconfig" : call ? "kfunc" : "ksym";
    throw new UnsupportedException(
        "program \"" + program + "\": extern " + what + " '" + symbol.name() + "'");
  }

  /** Puts the address of a symbol that is declared without a type. */
  private void address(long[] insns, int slot, String name, boolean weak) {
    KernelAddresses addresses = model.addresses;
    OptionalLong found = addresses == null ? OptionalLong.empty() : addresses.find(name);
    if (found.isEmpty() && !weak) {
      throw new RejectedException(
          "program \"" + program + "\": extern (ksym) '" + name + "': not found in the kernel",
          Errno.ESRCH,
          -1,
          "");
    }
    long address = found.orElse(0);
    if (slot + 1 < insns.length) {
      insns[slot] = InsnWord.withImm(InsnWord.withSrc(insns[slot], 0), (int) address);
      insns[slot + 1] = InsnWord.withImm(insns[slot + 1], (int) (address >>> 32));
    }
  }

  private static void point(long[] insns, int slot, boolean call, int id) {
    if (call) {
      insns[slot] = InsnWord.of(CALL, 0, PSEUDO_KFUNC_CALL, 0, id);
    } else if (slot + 1 < insns.length) {
      int src = id == 0 ? 0 : PSEUDO_BTF_ID;
      insns[slot] = InsnWord.withImm(InsnWord.withSrc(insns[slot], src), id);
      insns[slot + 1] = InsnWord.withImm(insns[slot + 1], 0);
    }
  }

  /** Whether a symbol is declared with a type: of others only the address is wanted. */
  private boolean isTyped(String name) {
    Btf btf = model.btf;
    if (btf == null) {
      return false;
    }
    int declared = declaration(btf, name);
    return declared != 0
        && (btf.kind(declared) == BtfKind.FUNC || btf.skip(btf.target(declared), true) != 0);
  }

  /** The FUNC or VAR of a symbol, 0 if there is none. */
  private static int declaration(Btf btf, String name) {
    int function = btf.find(name, BtfKind.FUNC);
    return function != 0 ? function : btf.find(name, BtfKind.VAR);
  }

  /** The kernel's id of a declared variable or function; 0 if it has none or is not known. */
  private int find(String name, boolean weak) {
    Btf btf = model.btf;
    CoreResolver kernel = model.coreResolver();
    if (btf == null || kernel == null) {
      return 0;
    }
    int declared = declaration(btf, name);
    int id = kernel.symbol(declared);
    if (id > 0 || weak) {
      return Math.max(id, 0);
    }
    String kind = btf.kind(declared) == BtfKind.FUNC ? "func" : "var";
    String what = "program \"" + program + "\": extern (" + kind + " ksym) '";
    boolean absent = id == CoreResolver.ABSENT;
    throw new RejectedException(
        what + name + (absent ? "': not found in kernel BTF" : "': incompatible types"),
        absent ? Errno.ESRCH : Errno.EINVAL,
        -1,
        "");
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

  /** Whether an object declares variables or functions of the kernel. */
  static boolean areDeclared(ObjectModel model) {
    Btf btf = model.btf;
    return btf != null && btf.find(".ksyms", BtfKind.DATASEC) != 0;
  }

  /** The DATASEC that declares an extern. */
  private String sectionOf(String name) {
    Btf btf = model.btf;
    int variable = btf == null ? 0 : declaration(btf, name);
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
