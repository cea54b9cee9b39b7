package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfExt;
import dev.skep.btf.CoreKind;
import dev.skep.btf.CoreResolver;
import dev.skep.btf.CoreValue;
import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import java.util.List;

/**
 * Applies the CO-RE relocations of a linked program (bpf_core_patch_insn of libbpf). What the
 * target's types do not have turns into a call of no helper, which a verifier refuses where it can
 * be reached.
 */
final class CoreRelocations {
  private static final int POISON = 0x0bad2310;
  private static final int CALL = 0x85;
  private static final int LD_IMM64 = 0x18;
  private static final int LDX = 1;
  private static final int ST = 2;
  private static final int STX = 3;
  private static final int ALU = 4;
  private static final int ALU64 = 7;

  private final ObjectModel model;
  private final String program;

  CoreRelocations(ObjectModel model, String program) {
    this.model = model;
    this.program = program;
  }

  /** Whether a record asks for more than the id of a local type. */
  static boolean needKernel(BtfExt ext) {
    for (String section : ext.relocatedSections()) {
      int[] records = ext.relocations(section);
      for (int i = 0; i < records.length; i += BtfExt.CORE_INTS) {
        if (records[i + 3] != CoreKind.LOCAL_TYPE_ID.ordinal()) {
          return true;
        }
      }
    }
    return false;
  }

  void apply(long[] insns, List<Linker.Piece> pieces) {
    BtfExt ext = model.ext;
    Btf btf = model.btf;
    if (ext == null || btf == null) {
      return;
    }
    for (Linker.Piece piece : pieces) {
      ObjectFunction function = piece.function();
      int[] records = ext.relocations(model.sections.get(function.section()).name());
      for (int i = 0; i < records.length; i += BtfExt.CORE_INTS) {
        long slot = (records[i] & 0xffffffffL) / 8;
        if (function.contains(slot)) {
          int at = (int) slot - function.start() + piece.base();
          apply(insns, at, btf, records, i);
        }
      }
    }
  }

  private void apply(long[] insns, int at, Btf btf, int[] records, int i) {
    CoreKind kind = CoreKind.ofNumber(records[i + 3]);
    int access = records[i + 2];
    if (kind == null || records[i] % 8 != 0 || access < 0 || access >= btf.stringEnd()) {
      throw bad(at, "corrupted CO-RE relocation of kind " + records[i + 3]);
    }
    CoreResolver resolver = model.coreResolver();
    if (resolver == null && kind != CoreKind.LOCAL_TYPE_ID) {
      throw new UnsupportedException(
          "program \""
              + program
              + "\": CO-RE relocation ("
              + kind.text()
              + ") at insn "
              + at
              + " without kernel BTF");
    }
    CoreValue value;
    try {
      CoreResolver local = resolver == null ? new CoreResolver(btf, btf) : resolver;
      value = local.resolve(records[i + 1], btf.string(access), kind);
    } catch (MalformedException e) {
      throw bad(at, "CO-RE relocation (" + kind.text() + "): " + e.getMessage());
    }
    patch(insns, at, value);
  }

  private void patch(long[] insns, int at, CoreValue value) {
    long word = insns[at];
    int insnClass = InsnWord.code(word) & 7;
    boolean memory = insnClass == LDX || insnClass == ST || insnClass == STX;
    if (value.poison() || memory && value.unsafeSize() && fitsOffset(at, word, value)) {
      if (InsnWord.code(word) == LD_IMM64 && at + 1 < insns.length) {
        insns[at + 1] = InsnWord.of(CALL, 0, 0, 0, POISON);
      }
      insns[at] = InsnWord.of(CALL, 0, 0, 0, POISON);
    } else if (insnClass == ALU || insnClass == ALU64) {
      if ((InsnWord.code(word) & 8) != 0) {
        throw bad(at, "CO-RE relocation of an ALU instruction without a constant");
      }
      expect(at, "ALU/ALU64", InsnWord.imm(word), value);
      insns[at] = InsnWord.withImm(word, (int) value.value());
    } else if (memory) {
      fitsOffset(at, word, value);
      insns[at] = resized(at, InsnWord.withOff(word, (int) value.value()), value);
    } else {
      patchConstant(insns, at, value);
    }
  }

  /** Checks the offset of a load or store, before and after. */
  private boolean fitsOffset(int at, long word, CoreValue value) {
    expect(at, "LDX/ST/STX", InsnWord.off(word), value);
    if (Long.compareUnsigned(value.value(), Short.MAX_VALUE) > 0) {
      throw bad(at, "(LDX/ST/STX) value too big: " + Long.toUnsignedString(value.value()));
    }
    return true;
  }

  private long resized(int at, long word, CoreValue value) {
    if (value.bytes() == value.originalBytes()) {
      return word;
    }
    int code = InsnWord.code(word);
    if (value.originalBytes() != bytes(code & 0x18)) {
      throw bad(
          at,
          "(LDX/ST/STX) unexpected mem size: got "
              + bytes(code & 0x18)
              + ", exp "
              + value.originalBytes());
    }
    for (int size = 0; size <= 0x18; size += 8) {
      if (bytes(size) == value.bytes()) {
        return InsnWord.withCode(word, code & ~0x18 | size);
      }
    }
    throw bad(at, "(LDX/ST/STX) invalid new mem size: " + value.bytes());
  }

  /** Bytes of the size field: W, H, B, DW. */
  private static int bytes(int size) {
    return switch (size) {
      case 0x00 -> 4;
      case 0x08 -> 2;
      case 0x10 -> 1;
      default -> 8;
    };
  }

  private void patchConstant(long[] insns, int at, CoreValue value) {
    long word = insns[at];
    if (InsnWord.code(word) != LD_IMM64) {
      throw bad(
          at,
          "trying to relocate unrecognized insn, code:0x"
              + Integer.toHexString(InsnWord.code(word)));
    }
    boolean plain =
        InsnWord.src(word) == 0
            && InsnWord.off(word) == 0
            && at + 1 < insns.length
            && (int) insns[at + 1] == 0;
    if (!plain) {
      throw bad(at, "(LDIMM64) has unexpected form");
    }
    expect(at, "LDIMM64", InsnWord.imm64(word, insns[at + 1]), value);
    insns[at] = InsnWord.withImm(word, (int) value.value());
    insns[at + 1] = InsnWord.withImm(insns[at + 1], (int) (value.value() >> 32));
  }

  private void expect(int at, String what, long got, CoreValue value) {
    if (value.validate() && got != value.original()) {
      throw bad(
          at,
          "unexpected insn ("
              + what
              + ") value: got "
              + got
              + ", exp "
              + value.original()
              + " -> "
              + value.value());
    }
  }

  private MalformedException bad(int at, String what) {
    return new MalformedException("program \"" + program + "\": " + what + " at insn " + at);
  }
}
