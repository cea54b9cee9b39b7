package dev.skep.isa;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.Insn.Access;
import dev.skep.isa.Insn.AluOp;
import dev.skep.isa.Insn.AtomicOp;
import dev.skep.isa.Insn.Condition;
import dev.skep.isa.Insn.Constant;
import dev.skep.isa.Insn.Order;
import dev.skep.isa.Insn.Size;
import dev.skep.isa.Insn.Width;

/**
 * Maps words to instructions and back, exactly: what a word holds beyond its meaning, in reserved
 * fields, is kept beside the instruction, so that every sequence of words survives decoding and
 * encoding.
 */
public final class InsnCodec {
  private static final Size[] SIZES = {Size.W, Size.H, Size.B, Size.DW};
  private static final Constant[] CONSTANTS = Constant.values();

  /**
   * An instruction and what its slots hold in reserved fields.
   *
   * @param reserved the reserved bits of the first slot, 0 in a valid program
   * @param reservedNext those of the second slot, 0 for one-slot instructions
   */
  public record Decoded(Insn insn, long reserved, long reservedNext) {
    /** The first slot. */
    public long first() {
      return encode(insn) | reserved;
    }

    /** The second slot of a two-slot instruction. */
    public long second() {
      return encodeNext(insn) | reservedNext;
    }
  }

  private InsnCodec() {}

  /** The instruction at a slot; a ld_imm64 whose second slot is missing is invalid. */
  public static Decoded decode(long[] slots, int at) {
    long word = slots[at];
    Opcode opcode = Opcode.of(word);
    if (opcode == null
        || !hasRegisters(word, opcode)
        || opcode.code() == LD_IMM64 && at + 1 == slots.length) {
      return new Decoded(new Insn.Invalid(word), 0, 0);
    }
    if (opcode.code() == LD_IMM64) {
      long next = slots[at + 1];
      Constant kind = CONSTANTS[InsnWord.src(word)];
      Insn insn = new Insn.LoadConstant(dst(word), kind, InsnWord.imm64(word, next));
      return new Decoded(insn, word & opcode.reservedMask(), next & 0xffffffffL);
    }
    return new Decoded(decodeOne(word), word & opcode.reservedMask(), 0);
  }

  private static boolean hasRegisters(long word, Opcode opcode) {
    long operands = opcode.operandMask();
    return ((operands & 0xf00) == 0 || InsnWord.dst(word) < Register.COUNT)
        && ((operands & 0xf000) == 0 || InsnWord.src(word) < Register.COUNT);
  }

  private static Insn decodeOne(long word) {
    int code = InsnWord.code(word);
    return switch (classOf(code)) {
      case LD -> packet(code, word);
      case LDX -> load(code, word);
      case ST -> storeImmediate(code, word);
      case STX ->
          mode(code) == ATOMIC || mode(code) == PROBE_ATOMIC
              ? atomic(code, word)
              : new Insn.Store(size(code), dst(word), InsnWord.off(word), src(word), access(code));
      case JMP, JMP32 -> jump(code, word);
      default -> alu(code, word);
    };
  }

  private static Insn alu(int code, long word) {
    Width width = classOf(code) == ALU64 ? Width.W64 : Width.W32;
    int off = InsnWord.off(word);
    return switch (op(code)) {
      case NEG -> new Insn.Negate(width, dst(word));
      case END -> {
        Order order = width == Width.W64 ? Order.SWAP : isX(code) ? Order.BIG : Order.LITTLE;
        yield new Insn.ByteOrder(order, InsnWord.imm(word), dst(word));
      }
      case MOV ->
          isX(code) && off != 0
              ? move(width, off, word)
              : new Insn.Alu(AluOp.MOV, width, dst(word), operand(code, word));
      default -> new Insn.Alu(aluOp(op(code), off), width, dst(word), operand(code, word));
    };
  }

  private static Insn move(Width width, int off, long word) {
    int imm = InsnWord.imm(word);
    return switch (off) {
      case ADDR_SPACE_CAST ->
          new Insn.AddressSpaceCast(dst(word), src(word), imm >>> 16, imm & 0xffff);
      case ADDR_PERCPU -> new Insn.PerCpuAddress(dst(word), src(word));
      default -> new Insn.MoveSignExtended(width, off, dst(word), src(word));
    };
  }

  private static AluOp aluOp(int op, int off) {
    return switch (op) {
      case ADD -> AluOp.ADD;
      case SUB -> AluOp.SUB;
      case MUL -> AluOp.MUL;
      case DIV -> off == 1 ? AluOp.SDIV : AluOp.DIV;
      case MOD -> off == 1 ? AluOp.SMOD : AluOp.MOD;
      case OR -> AluOp.OR;
      case AND -> AluOp.AND;
      case XOR -> AluOp.XOR;
      case LSH -> AluOp.LSH;
      case RSH -> AluOp.RSH;
      case ARSH -> AluOp.ARSH;
      default -> throw new IllegalStateException("arithmetic op=0x" + Integer.toHexString(op));
    };
  }

  private static Insn packet(int code, long word) {
    return mode(code) == ABS
        ? new Insn.LoadPacket(size(code), InsnWord.imm(word))
        : new Insn.LoadPacketIndirect(size(code), src(word), InsnWord.imm(word));
  }

  private static Insn load(int code, long word) {
    boolean signed =
        mode(code) == MEMSX || mode(code) == PROBE_MEMSX || mode(code) == PROBE_MEM32SX;
    return new Insn.Load(
        size(code), signed, dst(word), src(word), InsnWord.off(word), access(code));
  }

  private static Insn storeImmediate(int code, long word) {
    if (code == NOSPEC_CODE) {
      return new Insn.SpeculationBarrier();
    }
    Operand value = new Operand.Immediate(InsnWord.imm(word));
    return new Insn.Store(size(code), dst(word), InsnWord.off(word), value, access(code));
  }

  private static Insn atomic(int code, long word) {
    Access access = access(code);
    int off = InsnWord.off(word);
    int imm = InsnWord.imm(word);
    return switch (imm) {
      case LOAD_ACQ -> new Insn.LoadAcquire(size(code), dst(word), src(word), off, access);
      case STORE_REL -> new Insn.StoreRelease(size(code), dst(word), off, src(word), access);
      default -> new Insn.Atomic(atomicOp(imm), size(code), dst(word), off, src(word), access);
    };
  }

  private static AtomicOp atomicOp(int imm) {
    for (AtomicOp op : AtomicOp.values()) {
      if (number(op) == imm) {
        return op;
      }
    }
    throw new IllegalStateException("atomic imm=0x" + Integer.toHexString(imm));
  }

  private static Insn jump(int code, long word) {
    int off = InsnWord.off(word);
    int imm = InsnWord.imm(word);
    return switch (code) {
      case JA_CODE -> new Insn.Jump(false, off);
      case GOTOL_CODE -> new Insn.Jump(true, imm);
      case GOTOX_CODE -> new Insn.JumpIndirect(dst(word));
      case MAY_GOTO_CODE -> new Insn.MayGoto(off);
      case CALL_CODE ->
          switch (InsnWord.src(word)) {
            case PSEUDO_CALL -> new Insn.CallLocal(imm);
            case PSEUDO_KFUNC_CALL -> new Insn.CallKfunc(imm, off);
            default -> new Insn.CallHelper(imm);
          };
      case EXIT_CODE -> new Insn.Exit();
      case TAIL_CALL_CODE -> new Insn.TailCall(imm);
      default -> {
        Width width = classOf(code) == JMP ? Width.W64 : Width.W32;
        yield new Insn.JumpIf(condition(op(code)), width, dst(word), operand(code, word), off);
      }
    };
  }

  private static Condition condition(int op) {
    for (Condition condition : Condition.values()) {
      if (number(condition) == op) {
        return condition;
      }
    }
    throw new IllegalStateException("jump op=0x" + Integer.toHexString(op));
  }

  private static Register dst(long word) {
    return Register.of(InsnWord.dst(word));
  }

  private static Register src(long word) {
    return Register.of(InsnWord.src(word));
  }

  private static Operand operand(int code, long word) {
    return isX(code) ? src(word) : new Operand.Immediate(InsnWord.imm(word));
  }

  private static Size size(int code) {
    return SIZES[Opcodes.size(code) >> 3];
  }

  private static Access access(int code) {
    int mode = mode(code);
    return switch (classOf(code)) {
      case LDX ->
          switch (mode) {
            case PROBE_MEM, PROBE_MEMSX -> Access.PROBE;
            case PROBE_MEM32, PROBE_MEM32SX -> Access.ARENA;
            default -> Access.PLAIN;
          };
      default -> mode == PROBE_MEM32 || mode == PROBE_ATOMIC ? Access.ARENA : Access.PLAIN;
    };
  }

  /** The slot of an instruction, the first one of two, with reserved fields zero. */
  public static long encode(Insn insn) {
    return switch (insn) {
      case Insn.Alu i -> encodeAlu(i);
      case Insn.Negate i -> word(aluClass(i.width()) | NEG, i.dst(), 0, 0, 0);
      case Insn.MoveSignExtended i ->
          word(aluClass(i.width()) | MOV | X, i.dst(), i.src().number(), i.bits(), 0);
      case Insn.ByteOrder i -> word(byteOrderCode(i.order()), i.dst(), 0, 0, i.bits());
      case Insn.AddressSpaceCast i ->
          word(MOV64_X, i.dst(), i.src().number(), ADDR_SPACE_CAST, i.to() << 16 | i.from());
      case Insn.PerCpuAddress i -> word(MOV64_X, i.dst(), i.src().number(), ADDR_PERCPU, 0);
      case Insn.Load i ->
          word(LDX | number(i.size()) | loadMode(i), i.dst(), i.base().number(), i.off(), 0);
      case Insn.Store i -> encodeStore(i);
      case Insn.Atomic i ->
          encodeAtomic(i.size(), i.access(), i.base(), i.src(), i.off(), number(i.op()));
      case Insn.LoadAcquire i ->
          encodeAtomic(i.size(), i.access(), i.dst(), i.base(), i.off(), LOAD_ACQ);
      case Insn.StoreRelease i ->
          encodeAtomic(i.size(), i.access(), i.base(), i.src(), i.off(), STORE_REL);
      case Insn.LoadConstant i -> word(LD_IMM64, i.dst(), i.kind().ordinal(), 0, (int) i.value());
      case Insn.LoadPacket i -> InsnWord.of(LD | ABS | number(i.size()), 0, 0, 0, i.imm());
      case Insn.LoadPacketIndirect i ->
          InsnWord.of(LD | IND | number(i.size()), 0, i.src().number(), 0, i.imm());
      case Insn.Jump i ->
          i.far()
              ? InsnWord.of(GOTOL_CODE, 0, 0, 0, i.distance())
              : InsnWord.of(JA_CODE, 0, 0, i.distance(), 0);
      case Insn.JumpIndirect i -> word(GOTOX_CODE, i.target(), 0, 0, 0);
      case Insn.JumpIf i -> encodeJumpIf(i);
      case Insn.MayGoto i -> InsnWord.of(MAY_GOTO_CODE, 0, MAY_GOTO, i.distance(), 0);
      case Insn.CallHelper i -> InsnWord.of(CALL_CODE, 0, 0, 0, i.id());
      case Insn.CallLocal i -> InsnWord.of(CALL_CODE, 0, PSEUDO_CALL, 0, i.distance());
      case Insn.CallKfunc i -> InsnWord.of(CALL_CODE, 0, PSEUDO_KFUNC_CALL, i.btf(), i.id());
      case Insn.Exit() -> EXIT_CODE;
      case Insn.TailCall i -> InsnWord.of(TAIL_CALL_CODE, 0, 0, 0, i.poke());
      case Insn.SpeculationBarrier() -> NOSPEC_CODE;
      case Insn.Invalid i -> i.word();
    };
  }

  /** The second slot of a two-slot instruction with reserved fields zero, else 0. */
  public static long encodeNext(Insn insn) {
    return insn instanceof Insn.LoadConstant load ? load.value() & 0xffffffff00000000L : 0;
  }

  private static long encodeAlu(Insn.Alu insn) {
    int op =
        switch (insn.op()) {
          case ADD -> ADD;
          case SUB -> SUB;
          case MUL -> MUL;
          case DIV, SDIV -> DIV;
          case MOD, SMOD -> MOD;
          case OR -> OR;
          case AND -> AND;
          case XOR -> XOR;
          case LSH -> LSH;
          case RSH -> RSH;
          case ARSH -> ARSH;
          case MOV -> MOV;
        };
    int off = insn.op() == AluOp.SDIV || insn.op() == AluOp.SMOD ? 1 : 0;
    return withOperand(word(aluClass(insn.width()) | op, insn.dst(), 0, off, 0), insn.src());
  }

  private static long encodeJumpIf(Insn.JumpIf insn) {
    int jumpClass = insn.width() == Width.W64 ? JMP : JMP32;
    int code = jumpClass | number(insn.condition());
    return withOperand(word(code, insn.dst(), 0, insn.distance(), 0), insn.src());
  }

  private static long encodeStore(Insn.Store insn) {
    int mode = insn.access() == Access.ARENA ? PROBE_MEM32 : MEM;
    int code = mode | number(insn.size());
    return switch (insn.value()) {
      case Register source -> word(STX | code, insn.base(), source.number(), insn.off(), 0);
      case Operand.Immediate(int value) -> word(ST | code, insn.base(), 0, insn.off(), value);
    };
  }

  private static long encodeAtomic(
      Size size, Access access, Register dst, Register src, int off, int imm) {
    int mode = access == Access.ARENA ? PROBE_ATOMIC : ATOMIC;
    return word(STX | mode | number(size), dst, src.number(), off, imm);
  }

  private static long withOperand(long word, Operand operand) {
    return switch (operand) {
      case Register source -> InsnWord.withSrc(word | X, source.number());
      case Operand.Immediate(int value) -> InsnWord.withImm(word, value);
    };
  }

  private static long word(int code, Register dst, int src, int off, int imm) {
    return InsnWord.of(code, dst.number(), src, off, imm);
  }

  private static int aluClass(Width width) {
    return width == Width.W64 ? ALU64 : ALU;
  }

  private static int byteOrderCode(Order order) {
    return switch (order) {
      case LITTLE -> ALU | END;
      case BIG -> ALU | END | X;
      case SWAP -> ALU64 | END;
    };
  }

  private static int loadMode(Insn.Load insn) {
    return switch (insn.access()) {
      case PLAIN -> insn.signed() ? MEMSX : MEM;
      case PROBE -> insn.signed() ? PROBE_MEMSX : PROBE_MEM;
      case ARENA -> insn.signed() ? PROBE_MEM32SX : PROBE_MEM32;
    };
  }

  private static int number(Size size) {
    return switch (size) {
      case B -> B;
      case H -> H;
      case W -> W;
      case DW -> DW;
    };
  }

  private static int number(AtomicOp op) {
    return switch (op) {
      case ADD -> ADD;
      case OR -> OR;
      case AND -> AND;
      case XOR -> XOR;
      case FETCH_ADD -> ADD | FETCH;
      case FETCH_OR -> OR | FETCH;
      case FETCH_AND -> AND | FETCH;
      case FETCH_XOR -> XOR | FETCH;
      case XCHG -> XCHG;
      case CMPXCHG -> CMPXCHG;
    };
  }

  private static int number(Condition condition) {
    return switch (condition) {
      case JEQ -> JEQ;
      case JNE -> JNE;
      case JGT -> JGT;
      case JGE -> JGE;
      case JLT -> JLT;
      case JLE -> JLE;
      case JSGT -> JSGT;
      case JSGE -> JSGE;
      case JSLT -> JSLT;
      case JSLE -> JSLE;
      case JSET -> JSET;
    };
  }
}
