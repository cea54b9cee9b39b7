package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.KernelTypes;
import dev.skep.program.MapSpec;
import dev.skep.program.SpecialFields;
import java.util.HashMap;
import java.util.Map;

/** Variables and functions of the kernel whose address a ld_imm64 loads (check_pseudo_btf_id). */
final class KernelSymbols {
  private static final String PER_CPU_SECTION = ".data..percpu";

  private final BtfObjects btfs;
  private final KernelTypes kernel;
  private final Map<Integer, Symbol> known = new HashMap<>();

  /**
   * What a register that holds the address is.
   *
   * @param type a {@link RegType}
   * @param handle size of MEM, type of BTF_ID
   */
  record Symbol(int type, int handle) {}

  KernelSymbols(BtfObjects btfs, KernelTypes kernel) {
    this.btfs = btfs;
    this.kernel = kernel;
  }

  SpecialFields fieldsOf(MapSpec map) {
    return btfs.fieldsOf(map);
  }

  /** Checks one load; {@code next} is its second slot. */
  void check(long word, long next, VerifierLog log) {
    Btf btf = btfs.vmlinux();
    if (InsnWord.imm(next) != 0) {
      throw refuse(log, Errno.EINVAL, "invalid module BTF object FD specified.");
    }
    if (btf == null) {
      throw new dev.skep.errors.UnsupportedException(
          "addresses of kernel variables without the kernel's BTF");
    }
    int id = InsnWord.imm(word);
    if (!known.containsKey(id)) {
      known.put(id, find(btf, id, log));
    }
  }

  /** The symbol of a load that was checked. */
  Symbol of(long word) {
    Symbol symbol = known.get(InsnWord.imm(word));
    if (symbol == null) {
      throw new IllegalStateException("load of symbol " + InsnWord.imm(word) + " not checked");
    }
    return symbol;
  }

  private static Rejection refuse(VerifierLog log, int errno, String why) {
    log.add(why).line();
    return new Rejection(errno);
  }

  private Symbol find(Btf btf, int id, VerifierLog log) {
    if (!btf.hasType(id)) {
      throw refuse(log, Errno.ENOENT, "ldimm64 insn specifies invalid btf_id " + id + ".");
    }
    int kind = btf.kind(id);
    if (kind != BtfKind.VAR && kind != BtfKind.FUNC) {
      throw refuse(
          log, Errno.EINVAL, "pseudo btf_id " + id + " in ldimm64 isn't KIND_VAR or KIND_FUNC");
    }
    if (!kernel.hasSymbol(btf.name(id))) {
      throw refuse(
          log,
          Errno.ENOENT,
          "ldimm64 failed to find the address for kernel symbol '" + btf.name(id) + "'.");
    }
    if (kind == BtfKind.FUNC) {
      return new Symbol(MEM | MEM_RDONLY, 0);
    }
    int type = btf.target(id);
    if (isPerCpu(btf, id)) {
      return new Symbol(BTF_ID | MEM_PERCPU, type);
    }
    int behind = btf.skip(type, true);
    if (behind > 0 && (btf.kind(behind) == BtfKind.STRUCT || btf.kind(behind) == BtfKind.UNION)) {
      return new Symbol(BTF_ID, type);
    }
    long size = behind < 0 ? -1 : btf.sizeOf(behind);
    if (size < 0) {
      throw refuse(
          log,
          Errno.EINVAL,
          "ldimm64 unable to resolve the size of type '"
              + btf.name(Math.max(behind, 0))
              + "': -22");
    }
    return new Symbol(MEM | MEM_RDONLY, (int) size);
  }

  private static boolean isPerCpu(Btf btf, int variable) {
    int section = btf.find(PER_CPU_SECTION, BtfKind.DATASEC);
    for (int i = 0; section != 0 && i < btf.vlen(section); i++) {
      if (btf.sectionVarType(section, i) == variable) {
        return true;
      }
    }
    return false;
  }
}
