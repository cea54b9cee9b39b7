package dev.skep.jit.arm64;

import dev.skep.errors.MalformedException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Text of the instructions that the JIT emits, with the aliases that llvm prints; any other word is
 * {@code .word}.
 */
public final class A64Disassembler {
  private static final String[] CONDITIONS = {
    "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"
  };
  private static final String[] SHIFTS = {"lsl", "lsr", "asr", "ror"};
  private static final String[] SUFFIXES = {"b", "h", "", ""};
  private static final int ZR = A64Reg.ZR;

  private final StringBuilder out;
  private final int word;
  private final long pc;

  private A64Disassembler(StringBuilder out, int word, long pc) {
    this.out = out;
    this.word = word;
    this.pc = pc;
  }

  /**
   * Appends one instruction.
   *
   * @param pc the word's address, which targets of branches are given with; negative for distances
   */
  public static void append(StringBuilder out, int word, long pc) {
    A64Disassembler one = new A64Disassembler(out, word, pc);
    if (!one.system() && !one.branches() && !one.arithmetic() && !one.memory()) {
      out.append(".word 0x").append(Integer.toHexString(word));
    }
  }

  /**
   * Appends the instruction at an offset, as {@link dev.skep.jit.JitedListing.Disassembler} says.
   *
   * @throws MalformedException if the code ends within it
   */
  public static int append(StringBuilder out, byte[] code, int at, long address) {
    if (at + 4 > code.length) {
      throw new MalformedException("the code ends within the word at offset " + at);
    }
    append(out, ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN).getInt(at), address);
    return at + 4;
  }

  private int bits(int high, int low) {
    return word >>> low & (1 << high - low + 1) - 1;
  }

  private int signed(int high, int low) {
    return word << 31 - high >> 31 - high + low;
  }

  private boolean is(int mask, int value) {
    return (word & mask) == value;
  }

  private int rd() {
    return word & 31;
  }

  private int rn() {
    return bits(9, 5);
  }

  private int rm() {
    return bits(20, 16);
  }

  private int sf() {
    return word >>> 31;
  }

  private static String register(int sf, int number, String last) {
    return number == ZR ? last : (sf == 1 ? "x" : "w") + number;
  }

  private static String zero(int sf, int number) {
    return register(sf, number, sf == 1 ? "xzr" : "wzr");
  }

  private static String stack(int sf, int number) {
    return register(sf, number, sf == 1 ? "sp" : "wsp");
  }

  private boolean print(String name, String... operands) {
    out.append(name);
    for (int i = 0; i < operands.length; i++) {
      out.append(i == 0 ? " " : ", ").append(operands[i]);
    }
    return true;
  }

  private boolean system() {
    switch (word) {
      case A64Assembler.NOP -> out.append("nop");
      case A64Assembler.BTI_C -> out.append("bti c");
      case A64Assembler.BTI_J -> out.append("bti j");
      case A64Assembler.BTI_JC -> out.append("bti jc");
      case A64Assembler.PACIASP -> out.append("paciasp");
      case A64Assembler.AUTIASP -> out.append("autiasp");
      case A64Assembler.DMB_ISH -> out.append("dmb ish");
      case A64Assembler.RET -> out.append("ret");
      case 0xd50330ff -> out.append("sb");
      case 0xd503379f -> out.append("dsb nsh");
      case 0xd5033fdf -> out.append("isb");
      default -> {
        String register =
            switch (word & ~31) {
              case 0xd538d080 -> "TPIDR_EL1";
              case 0xd53cd040 -> "TPIDR_EL2";
              case 0xd53bd040 -> "TPIDR_EL0";
              case 0xd5384100 -> "SP_EL0";
              default -> "";
            };
        return !register.isEmpty() && print("mrs", zero(1, rd()), register);
      }
    }
    return true;
  }

  private boolean branches() {
    if (is(0x7c000000, 0x14000000)) {
      return print(word < 0 ? "bl" : "b", target(signed(25, 0)));
    } else if (is(0xff000010, 0x54000000)) {
      return print("b." + CONDITIONS[word & 15], target(signed(23, 5)));
    } else if (is(0x7e000000, 0x34000000)) {
      return print(bits(24, 24) == 0 ? "cbz" : "cbnz", zero(sf(), rd()), target(signed(23, 5)));
    } else if (is(0xfffffc1f, 0xd61f0000)) {
      return print("br", zero(1, rn()));
    } else if (is(0xfffffc1f, 0xd63f0000)) {
      return print("blr", zero(1, rn()));
    }
    return false;
  }

  private String target(int words) {
    long distance = 4L * words;
    return pc < 0 ? "#" + distance : "0x" + Long.toHexString(pc + distance);
  }

  private boolean arithmetic() {
    if (is(0x1f000000, 0x11000000)) {
      return addend();
    } else if (is(0x1f800000, 0x12000000)) {
      return bitmask();
    } else if (is(0x1f800000, 0x12800000)) {
      return moveWide();
    } else if (is(0x1f800000, 0x13000000)) {
      return bitField();
    } else if (is(0x1f20fc00, 0x0b000000)) {
      return sum();
    } else if (is(0x1f00fc00, 0x0a000000)) {
      return logic();
    } else if (is(0x7fe00000, 0x1b000000)) {
      return product();
    } else if (is(0x7fe00000, 0x1ac00000)) {
      return division();
    } else if (is(0x7fff0000, 0x5ac00000)) {
      return reversal();
    }
    return false;
  }

  private boolean addend() {
    boolean subtract = bits(30, 30) == 1;
    boolean flags = bits(29, 29) == 1;
    String value = "#" + bits(21, 10);
    boolean shifted = bits(22, 22) == 1;
    if (flags && rd() == ZR) {
      String name = subtract ? "cmp" : "cmn";
      return shifted
          ? print(name, stack(sf(), rn()), value, "lsl #12")
          : print(name, stack(sf(), rn()), value);
    }
    if (!subtract && !flags && word << 10 >>> 20 == 0 && (rd() == ZR || rn() == ZR)) {
      return print("mov", stack(sf(), rd()), stack(sf(), rn()));
    }
    String name = (subtract ? "sub" : "add") + (flags ? "s" : "");
    String target = flags ? zero(sf(), rd()) : stack(sf(), rd());
    return shifted
        ? print(name, target, stack(sf(), rn()), value, "lsl #12")
        : print(name, target, stack(sf(), rn()), value);
  }

  private boolean bitmask() {
    long value = Immediates.ofBitmask(bits(22, 10));
    String text = "#0x" + Long.toHexString(sf() == 1 ? value : value & 0xffff_ffffL);
    int operation = bits(30, 29);
    if (operation == 3 && rd() == ZR) {
      return print("tst", zero(sf(), rn()), text);
    }
    String[] names = {"and", "orr", "eor", "ands"};
    return print(names[operation], stack(sf(), rd()), zero(sf(), rn()), text);
  }

  private boolean moveWide() {
    int shift = 16 * bits(22, 21);
    int imm = bits(20, 5);
    int operation = bits(30, 29);
    long value = (long) imm << shift;
    boolean zeroShifted = imm == 0 && shift != 0;
    boolean plain =
        operation == 2 && !zeroShifted
            || operation == 0 && !zeroShifted && (sf() == 1 || imm != 0xffff);
    if (plain) {
      long moved = operation == 0 ? ~value : value;
      return print("mov", zero(sf(), rd()), "#" + (sf() == 1 ? moved : (int) moved));
    }
    String name = operation == 0 ? "movn" : operation == 2 ? "movz" : "movk";
    return shift == 0
        ? print(name, zero(sf(), rd()), "#" + imm)
        : print(name, zero(sf(), rd()), "#" + imm, "lsl #" + shift);
  }

  private boolean bitField() {
    boolean signed = bits(30, 29) == 0;
    int immr = bits(21, 16);
    int imms = bits(15, 10);
    int last = sf() == 1 ? 63 : 31;
    String to = zero(sf(), rd());
    String from = zero(sf(), rn());
    if (signed && immr == 0 && (imms == 7 || imms == 15 || imms == 31 && sf() == 1)) {
      return print(imms == 7 ? "sxtb" : imms == 15 ? "sxth" : "sxtw", to, zero(0, rn()));
    } else if (imms == last) {
      return print(signed ? "asr" : "lsr", to, from, "#" + immr);
    } else if (!signed && imms + 1 == immr) {
      return print("lsl", to, from, "#" + (last - imms));
    } else if (!signed && sf() == 0 && immr == 0 && (imms == 7 || imms == 15)) {
      return print(imms == 7 ? "uxtb" : "uxth", to, from);
    }
    return imms >= immr
        && print(signed ? "sbfx" : "ubfx", to, from, "#" + immr, "#" + (imms - immr + 1));
  }

  private boolean sum() {
    boolean subtract = bits(30, 30) == 1;
    boolean flags = bits(29, 29) == 1;
    if (flags && rd() == ZR) {
      return print(subtract ? "cmp" : "cmn", zero(sf(), rn()), zero(sf(), rm()));
    } else if (subtract && !flags && rn() == ZR) {
      return print("neg", zero(sf(), rd()), zero(sf(), rm()));
    }
    return three((subtract ? "sub" : "add") + (flags ? "s" : ""));
  }

  private boolean three(String name) {
    return print(name, zero(sf(), rd()), zero(sf(), rn()), zero(sf(), rm()));
  }

  private boolean logic() {
    int operation = bits(30, 29) << 1 | bits(21, 21);
    String[] names = {"and", "bic", "orr", "orn", "eor", "eon", "ands", "bics"};
    if (operation == 2 && rn() == ZR) {
      return print("mov", zero(sf(), rd()), zero(sf(), rm()));
    } else if (operation == 3 && rn() == ZR) {
      return print("mvn", zero(sf(), rd()), zero(sf(), rm()));
    } else if (operation == 6 && rd() == ZR) {
      return print("tst", zero(sf(), rn()), zero(sf(), rm()));
    }
    return three(names[operation]);
  }

  private boolean product() {
    boolean subtract = bits(15, 15) == 1;
    int ra = bits(14, 10);
    if (ra == ZR) {
      return three(subtract ? "mneg" : "mul");
    }
    String[] operands = {zero(sf(), rd()), zero(sf(), rn()), zero(sf(), rm()), zero(sf(), ra)};
    return print(subtract ? "msub" : "madd", operands);
  }

  private boolean division() {
    return switch (bits(15, 10)) {
      case 2 -> three("udiv");
      case 3 -> three("sdiv");
      case 8, 9, 10, 11 -> three(SHIFTS[bits(11, 10)]);
      default -> false;
    };
  }

  private boolean reversal() {
    String name =
        switch (bits(15, 10)) {
          case 1 -> "rev16";
          case 2 -> sf() == 1 ? "rev32" : "rev";
          case 3 -> sf() == 1 ? "rev" : "";
          default -> "";
        };
    return !name.isEmpty() && print(name, zero(sf(), rd()), zero(sf(), rn()));
  }

  private boolean memory() {
    if (is(0x3b000000, 0x39000000)) {
      int offset = bits(21, 10) << bits(31, 30);
      return access(offset == 0 ? address() : address("#" + offset));
    } else if (is(0x3b20fc00, 0x38206800)) {
      return access(address(zero(1, rm())));
    } else if (is(0x3b20fc00, 0x3820e800)) {
      return access(address(zero(1, rm()), "sxtx"));
    } else if (is(0xffff8000, 0xa9bf0000)) {
      return print("stp", zero(1, rd()), zero(1, bits(14, 10)), "[" + stack(1, rn()), "#-16]!");
    } else if (is(0xffff8000, 0xa8c10000)) {
      return print("ldp", zero(1, rd()), zero(1, bits(14, 10)), address(), "#16");
    } else if (is(0x3f200c00, 0x38200000)) {
      return atomic();
    } else if (is(0x3f000000, 0x08000000)) {
      return exclusive();
    } else if (is(0xff000000, 0x58000000)) {
      return print("ldr", zero(1, rd()), target(signed(23, 5)));
    }
    return false;
  }

  private String address(String... more) {
    String base = "[" + stack(1, rn());
    return more.length == 0 ? base + "]" : base + ", " + String.join(", ", more) + "]";
  }

  private boolean access(String address) {
    int size = bits(31, 30);
    return switch (bits(23, 22)) {
      case 0 -> print("str" + SUFFIXES[size], zero(size == 3 ? 1 : 0, rd()), address);
      case 1 -> print("ldr" + SUFFIXES[size], zero(size == 3 ? 1 : 0, rd()), address);
      case 2 ->
          size < 3 && print("ldrs" + (size == 2 ? "w" : SUFFIXES[size]), zero(1, rd()), address);
      default -> false;
    };
  }

  /** Of FEAT_LSE, for 4 and 8 bytes. */
  private boolean atomic() {
    String[] names = {"add", "clr", "eor", "set"};
    int operation = bits(15, 12);
    int sf = bits(30, 30);
    String order =
        switch (bits(23, 22)) {
          case 0 -> "";
          case 1 -> "l";
          case 2 -> "a";
          default -> "al";
        };
    if (bits(31, 31) == 0) {
      return false;
    } else if (operation == 8) {
      return print("swp" + order, zero(sf, rm()), zero(sf, rd()), address());
    } else if (operation > 3) {
      return false;
    } else if (rd() == ZR && bits(23, 23) == 0) {
      return print("st" + names[operation] + order, zero(sf, rm()), address());
    }
    return print("ld" + names[operation] + order, zero(sf, rm()), zero(sf, rd()), address());
  }

  private boolean exclusive() {
    int size = bits(31, 30);
    int sf = size == 3 ? 1 : 0;
    String kind =
        switch (word & 0x00e0_8000) {
          case 0x0040_0000 -> "ldxr";
          case 0x0000_0000 -> "stxr";
          case 0x0000_8000 -> "stlxr";
          case 0x00c0_8000 -> "ldar";
          case 0x0080_8000 -> "stlr";
          case 0x00e0_8000 -> "casal";
          default -> "";
        };
    String name = kind + (kind.equals("casal") ? "" : SUFFIXES[size]);
    return switch (kind) {
      case "ldxr", "ldar", "stlr" -> print(name, zero(sf, rd()), address());
      case "stxr", "stlxr" -> print(name, zero(0, rm()), zero(sf, rd()), address());
      case "casal" -> size >= 2 && print(name, zero(sf, rm()), zero(sf, rd()), address());
      default -> false;
    };
  }
}
