package dev.skep.jit.x64;

import dev.skep.errors.MalformedException;

/**
 * Prints machine code in AT&amp;T syntax, as GNU objdump does and as bpftool shows it. It knows the
 * instructions that this package emits, and no others.
 */
public final class X64Disassembler {
  private static final String[] ARITHMETIC = {
    "add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"
  };
  private static final String[] SHIFTS = {"rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar"};
  private static final String[] UNARY = {
    "test", "test", "not", "neg", "mul", "imul", "div", "idiv"
  };
  private static final String[] CONDITIONS = {
    "jo", "jno", "jb", "jae", "je", "jne", "jbe", "ja", "js", "jns", "jp", "jnp", "jl", "jge",
    "jle", "jg"
  };
  private static final String[] BASES = {"rdfsbase", "rdgsbase", "wrfsbase", "wrgsbase"};
  private static final String[] LOW_BYTES = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
  private static final String[] HIGH_BYTES = {"al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"};
  private static final String[] WORDS = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};

  private final EncodedInsn insn;
  private final int at;
  private final long address;
  private final StringBuilder out;

  private X64Disassembler(byte[] code, int at, long address, StringBuilder out) {
    this.insn = new EncodedInsn(code, at);
    this.at = at;
    this.address = address;
    this.out = out;
  }

  /**
   * Appends the text of one instruction, as in {@code mov %rsp,%rbp}.
   *
   * @param at offset of its first byte
   * @param address of that byte, which targets of jumps are printed relative to
   * @return the offset of the next instruction
   * @throws MalformedException if it is not an instruction that this package emits, or ends early
   */
  public static int append(StringBuilder out, byte[] code, int at, long address) {
    X64Disassembler one = new X64Disassembler(code, at, address, out);
    one.instruction();
    return one.insn.end();
  }

  private void instruction() {
    int opcode = insn.opcode;
    if (opcode >= 0x10000) {
      vexShift();
    } else if (opcode >= 0x0f00) {
      escaped(opcode & 0xff);
    } else {
      plain(opcode);
    }
  }

  private MalformedException unknown() {
    return new MalformedException(
        "no instruction of this jit: opcode 0x"
            + Integer.toHexString(insn.opcode)
            + " at offset "
            + at);
  }

  // ---- opcodes

  private void plain(int opcode) {
    switch (opcode) {
      case 0x01, 0x09, 0x21, 0x29, 0x31, 0x39 -> regToRm(ARITHMETIC[opcode >> 3], size());
      case 0x03, 0x0b, 0x23, 0x2b, 0x33, 0x3b -> rmToReg(ARITHMETIC[opcode >> 3], size());
      case 0x05, 0x0d, 0x25, 0x2d, 0x35 -> {
        name(ARITHMETIC[opcode >> 3]);
        immediate(insn.signed4(), size());
        out.append(',');
        register(0, size());
      }
      case 0x63 -> extend("movsl", 4);
      case 0x69, 0x6b -> multiply(opcode);
      case 0x81, 0x83 -> arithmeticImmediate(opcode);
      case 0x85 -> regToRm("test", size());
      case 0x87 -> regToRm("xchg", size());
      case 0x88 -> regToRm("mov", 1);
      case 0x89 -> regToRm("mov", size());
      case 0x8b -> rmToReg("mov", size());
      case 0x8d -> rmToReg("lea", size());
      case 0x8f -> unaryMemory("pop");
      case 0x99 -> out.append(insn.wide() ? "cqto" : "cltd");
      case 0xc1, 0xd1, 0xd3 -> shift(opcode);
      case 0xc6, 0xc7 -> moveImmediate(opcode == 0xc6 ? 1 : size());
      case 0xf7 -> unary();
      case 0xff -> group5();
      default -> withoutOperands(opcode);
    }
  }

  private void withoutOperands(int opcode) {
    switch (opcode) {
      case 0x90 -> {
        if (insn.operandSize16) {
          name("xchg");
          out.append("%ax,%ax");
        } else {
          out.append("nop");
        }
      }
      case 0xc3 -> out.append("ret");
      case 0xc9 -> out.append("leave");
      case 0xcc -> out.append("int3");
      case 0xe8 -> branch("call", insn.signed4());
      case 0xe9 -> branch("jmp", insn.signed4());
      case 0xeb -> branch("jmp", insn.signed1());
      default -> byRegister(opcode);
    }
  }

  private void byRegister(int opcode) {
    int register = opcode & 7 | (insn.rex & 1) << 3;
    switch (opcode & 0xf8) {
      case 0x50 -> named("push", register, 8);
      case 0x58 -> named("pop", register, 8);
      case 0x70, 0x78 -> branch(CONDITIONS[opcode & 15], insn.signed1());
      case 0xb8 -> {
        name(insn.wide() ? "movabs" : "mov");
        immediate(insn.wide() ? insn.signed8() : insn.signed4(), size());
        out.append(',');
        register(register, size());
      }
      default -> throw unknown();
    }
  }

  private void escaped(int opcode) {
    switch (opcode) {
      case 0x1e -> {
        if (!insn.rep || insn.byte1() != 0xfa) {
          throw unknown();
        }
        out.append("endbr64");
      }
      case 0x1f -> {
        insn.operands();
        name("nop" + suffix(size()));
        operand(size());
      }
      case 0x44 -> rmToReg("cmove", size());
      case 0xae -> group15();
      case 0xaf -> rmToReg("imul", size());
      case 0xb1 -> regToRm("cmpxchg", size());
      case 0xb6 -> extend("movzb", 1);
      case 0xb7 -> extend("movzw", 2);
      case 0xbe -> extend("movsb", 1);
      case 0xbf -> extend("movsw", 2);
      case 0xc1 -> regToRm("xadd", size());
      default -> {
        if ((opcode & 0xf0) == 0x80) {
          branch(CONDITIONS[opcode & 15], insn.signed4());
        } else if ((opcode & 0xf8) == 0xc8) {
          named("bswap", opcode & 7 | (insn.rex & 1) << 3, size());
        } else {
          throw unknown();
        }
      }
    }
  }

  private void group15() {
    insn.operands();
    if (insn.rep && insn.mod == 3 && insn.reg < BASES.length) {
      named(BASES[insn.reg], insn.rm, size());
    } else if (insn.mod == 3 && insn.reg == 5) {
      out.append("lfence");
    } else {
      throw unknown();
    }
  }

  private void vexShift() {
    insn.operands();
    if ((insn.opcode & 0xff) != 0xf7 || insn.vexPp == 0) {
      throw unknown();
    }
    name(insn.vexPp == 1 ? "shlx" : insn.vexPp == 3 ? "shrx" : "sarx");
    register(insn.vexRegister, size());
    out.append(',');
    operand(size());
    out.append(',');
    register(insn.reg, size());
  }

  private void arithmeticImmediate(int opcode) {
    insn.operands();
    name(sized(ARITHMETIC[insn.reg & 7], size()));
    immediate(opcode == 0x83 ? insn.signed1() : insn.signed4(), size());
    out.append(',');
    operand(size());
  }

  private void multiply(int opcode) {
    insn.operands();
    name("imul");
    immediate(opcode == 0x6b ? insn.signed1() : insn.signed4(), size());
    out.append(',');
    operand(size());
    out.append(',');
    register(insn.reg, size());
  }

  private void shift(int opcode) {
    insn.operands();
    name(sized(SHIFTS[insn.reg & 7], size()));
    if (opcode == 0xc1) {
      immediate(insn.byte1(), 1);
      out.append(',');
    } else if (opcode == 0xd3) {
      out.append("%cl,");
    }
    operand(size());
  }

  private void unary() {
    insn.operands();
    int digit = insn.reg & 7;
    name(sized(UNARY[digit], size()));
    if (digit < 2) {
      immediate(size() == 2 ? insn.signed2() : insn.signed4(), size());
      out.append(',');
    }
    operand(size());
  }

  private void moveImmediate(int size) {
    insn.operands();
    int value = size == 1 ? insn.signed1() : size == 2 ? insn.signed2() : insn.signed4();
    name(sized("mov", size));
    immediate(value, size);
    out.append(',');
    operand(size);
  }

  private void group5() {
    insn.operands();
    switch (insn.reg & 7) {
      case 2, 4 -> {
        name((insn.reg & 7) == 2 ? "call" : "jmp");
        out.append('*');
        operand(8);
      }
      case 6 -> {
        name("push");
        operand(8);
      }
      default -> throw unknown();
    }
  }

  private void unaryMemory(String name) {
    insn.operands();
    name(name);
    operand(8);
  }

  private void extend(String name, int from) {
    insn.operands();
    // REX without a bit: a byte register that has the same name without it.
    if (insn.rex == 0x40 && from == 1 && !insn.isMemory() && insn.rm < 4) {
      out.append("rex ").append(name).append(suffix(size())).append(' ');
    } else {
      name(name + suffix(size()));
    }
    operand(from);
    out.append(',');
    register(insn.reg, size());
  }

  private void regToRm(String name, int size) {
    insn.operands();
    lock();
    name(name);
    register(insn.reg, size);
    out.append(',');
    operand(size);
  }

  private void rmToReg(String name, int size) {
    insn.operands();
    name(name);
    operand(size);
    out.append(',');
    register(insn.reg, size);
    if (insn.ripRelative) {
      out.append("        # 0x")
          .append(Long.toHexString(address + insn.end() - at + insn.displacement));
    }
  }

  // ---- text

  private int size() {
    return insn.wide() ? 8 : insn.operandSize16 ? 2 : 4;
  }

  private static String suffix(int size) {
    return size == 8 ? "q" : size == 4 ? "l" : size == 2 ? "w" : "b";
  }

  /** The name, with a suffix where no register tells the size. */
  private String sized(String name, int size) {
    return insn.isMemory() ? name + suffix(size) : name;
  }

  private void lock() {
    if (insn.lock) {
      out.append("lock ");
    }
  }

  /** Six columns after a plain name, one blank after a prefix. */
  private void name(String name) {
    out.append(name);
    if (insn.lock) {
      out.append(' ');
    } else {
      out.append(" ".repeat(Math.max(1, 7 - name.length())));
    }
  }

  private void named(String name, int register, int size) {
    name(name);
    register(register, size);
  }

  private void branch(String name, int displacement) {
    name(name);
    out.append("0x").append(Long.toHexString(address + insn.end() - at + displacement));
  }

  private void immediate(long value, int size) {
    long cut = size == 8 ? value : value & (1L << 8 * size) - 1;
    out.append("$0x").append(Long.toHexString(cut));
  }

  private void operand(int size) {
    if (insn.isMemory()) {
      memory();
    } else {
      register(insn.rm, size);
    }
  }

  private void memory() {
    if (insn.gs) {
      out.append("%gs:");
    }
    if (insn.absolute) {
      out.append("0x").append(Long.toHexString(insn.displacement));
    } else if (insn.mod != 0 || insn.ripRelative) {
      int value = insn.displacement;
      out.append(value < 0 ? "-0x" : "0x").append(Long.toHexString(Math.abs((long) value)));
    }
    if (insn.ripRelative) {
      out.append("(%rip)");
      return;
    }
    boolean noBase = insn.absolute;
    if (noBase && insn.index < 0) {
      return;
    }
    out.append('(');
    if (!noBase) {
      register(insn.rm, 8);
    }
    if (insn.index >= 0) {
      out.append(',');
      register(insn.index, 8);
      out.append(',').append(1 << insn.scale);
    }
    out.append(')');
  }

  private void register(int number, int size) {
    out.append('%');
    if (number >= 8) {
      String part = size == 8 ? "" : size == 4 ? "d" : size == 2 ? "w" : "b";
      out.append('r').append(number).append(part);
      return;
    }
    switch (size) {
      case 1 -> out.append(insn.rex != 0 ? LOW_BYTES[number] : HIGH_BYTES[number]);
      case 2 -> out.append(WORDS[number]);
      case 4 -> out.append('e').append(WORDS[number]);
      default -> out.append('r').append(WORDS[number]);
    }
  }
}
