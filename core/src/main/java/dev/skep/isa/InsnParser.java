package dev.skep.isa;

import dev.skep.isa.Insn.Access;
import dev.skep.isa.Insn.AluOp;
import dev.skep.isa.Insn.AtomicOp;
import dev.skep.isa.Insn.Condition;
import dev.skep.isa.Insn.Constant;
import dev.skep.isa.Insn.Order;
import dev.skep.isa.Insn.Size;
import dev.skep.isa.Insn.Width;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one instruction of the {@link Assembler}. */
final class InsnParser extends OperandParser {
  private record Operator<T>(String text, T op) {}

  /** The first that fits is taken: longer ones stand before their beginnings. */
  private static final List<Operator<AluOp>> ASSIGNMENTS =
      List.of(
          new Operator<>("s>>=", AluOp.ARSH),
          new Operator<>("s/=", AluOp.SDIV),
          new Operator<>("s%=", AluOp.SMOD),
          new Operator<>("<<=", AluOp.LSH),
          new Operator<>(">>=", AluOp.RSH),
          new Operator<>("+=", AluOp.ADD),
          new Operator<>("-=", AluOp.SUB),
          new Operator<>("*=", AluOp.MUL),
          new Operator<>("/=", AluOp.DIV),
          new Operator<>("%=", AluOp.MOD),
          new Operator<>("|=", AluOp.OR),
          new Operator<>("&=", AluOp.AND),
          new Operator<>("^=", AluOp.XOR));

  private static final List<Operator<Condition>> CONDITIONS =
      List.of(
          new Operator<>("s>=", Condition.JSGE),
          new Operator<>("s<=", Condition.JSLE),
          new Operator<>("s>", Condition.JSGT),
          new Operator<>("s<", Condition.JSLT),
          new Operator<>("==", Condition.JEQ),
          new Operator<>("!=", Condition.JNE),
          new Operator<>(">=", Condition.JGE),
          new Operator<>("<=", Condition.JLE),
          new Operator<>(">", Condition.JGT),
          new Operator<>("<", Condition.JLT),
          new Operator<>("&", Condition.JSET));

  private final Assembler program;
  private final boolean longConstant;

  /**
   * @param longConstant whether the code says that a constant has 64 bits
   */
  InsnParser(TextCursor in, Assembler program, boolean longConstant) {
    super(in);
    this.program = program;
    this.longConstant = longConstant;
  }

  Insn insn() {
    int mark = in.mark();
    Insn named = keyword(in.word());
    if (named != null) {
      return named;
    }
    in.reset(mark);
    if (in.accept("*")) {
      Place place = place();
      in.expect("=");
      return new Insn.Store(unsigned(place), place.base(), place.off(), stored(), Access.PLAIN);
    }
    return assignment(named());
  }

  private @Nullable Insn keyword(String word) {
    return switch (word) {
      case "if" -> jumpIf();
      case "goto" -> new Insn.Jump(false, target(Short.MIN_VALUE, Short.MAX_VALUE));
      case "gotol" -> new Insn.Jump(true, target(MIN, MAX));
      case "gotox" -> new Insn.JumpIndirect(register64());
      case "may_goto" -> new Insn.MayGoto(target(Short.MIN_VALUE, Short.MAX_VALUE));
      case "call" -> call();
      case "exit" -> new Insn.Exit();
      case "nospec" -> new Insn.SpeculationBarrier();
      case "tail_call" -> new Insn.TailCall(in.number(0, MAX));
      case "lock" -> lock();
      case "store_release" -> storeRelease();
      default -> null;
    };
  }

  private Insn assignment(Named dst) {
    for (Operator<AluOp> operator : ASSIGNMENTS) {
      if (in.accept(operator.text())) {
        return new Insn.Alu(operator.op(), dst.width(), dst.register(), operand(dst.width()));
      }
    }
    in.expect("=");
    if (in.accept("*")) {
      return load(dst.register());
    }
    if (in.accept("&")) {
      return perCpuAddress(dst);
    }
    if (in.accept("(")) {
      return signExtended(dst);
    }
    int mark = in.mark();
    if (in.accept("-") && !in.atNumber()) {
      same(dst, named());
      return new Insn.Negate(dst.width(), dst.register());
    }
    in.reset(mark);
    return in.atNumber() ? constant(dst) : function(dst);
  }

  private Insn perCpuAddress(Named dst) {
    for (String token : new String[] {"(", "void", "__percpu", "*", ")", "("}) {
      in.expect(token);
    }
    Insn insn = new Insn.PerCpuAddress(wide(dst), register64());
    in.expect(")");
    return insn;
  }

  private Insn signExtended(Named dst) {
    int bits =
        switch (in.word()) {
          case "s8" -> 8;
          case "s16" -> 16;
          case "s32" -> 32;
          default -> throw in.error("expected s8, s16 or s32");
        };
    if (bits == 32 && dst.width() == Width.W32) {
      throw in.error("s32 needs a 64-bit register");
    }
    in.expect(")");
    Named src = named();
    sameWidth(dst, src);
    return new Insn.MoveSignExtended(dst.width(), bits, dst.register(), src.register());
  }

  private Insn constant(Named dst) {
    int mark = in.mark();
    long value = in.number();
    boolean wide = dst.width() == Width.W64;
    if (wide && (in.accept("ll") || longConstant || value != (int) value)) {
      return new Insn.LoadConstant(dst.register(), Constant.VALUE, value);
    }
    in.reset(mark);
    int imm = in.number(MIN, wide ? MAX : UNSIGNED_MAX);
    return new Insn.Alu(AluOp.MOV, dst.width(), dst.register(), new Operand.Immediate(imm));
  }

  /** What follows "=" and starts with a word: a register, byte order, atomic, cast or map. */
  private Insn function(Named dst) {
    int mark = in.mark();
    String word = in.word();
    Insn order = byteOrder(dst, word);
    if (order != null) {
      return order;
    }
    if (word.startsWith("atomic_") || word.startsWith("atomic64_")) {
      return atomic(dst, word);
    }
    switch (word) {
      case "load_acquire" -> {
        in.expect("(");
        Place place = place();
        in.expect(")");
        return new Insn.LoadAcquire(
            unsigned(place), dst.register(), place.base(), place.off(), Access.PLAIN);
      }
      case "addr_space_cast" -> {
        return addressSpaceCast(dst);
      }
      case "map" -> {
        return map(wide(dst));
      }
      case "subprog" -> {
        in.expect("[");
        long distance = target(MIN, MAX) & UNSIGNED_MAX;
        in.expect("]");
        return new Insn.LoadConstant(wide(dst), Constant.FUNCTION, distance);
      }
      case "btf_id" -> {
        in.expect("[");
        long id = in.number(0, UNSIGNED_MAX) & UNSIGNED_MAX;
        in.expect("]");
        return new Insn.LoadConstant(wide(dst), Constant.VARIABLE, id);
      }
      default -> in.reset(mark);
    }
    Named src = named();
    sameWidth(dst, src);
    return new Insn.Alu(AluOp.MOV, dst.width(), dst.register(), src.register());
  }

  private @Nullable Insn byteOrder(Named dst, String word) {
    for (String prefix : new String[] {"be", "le", "bswap"}) {
      if (word.startsWith(prefix)) {
        String bits = word.substring(prefix.length());
        if (bits.equals("16") || bits.equals("32") || bits.equals("64")) {
          same(dst, named());
          Order order =
              switch (prefix) {
                case "be" -> Order.BIG;
                case "le" -> Order.LITTLE;
                default -> Order.SWAP;
              };
          return new Insn.ByteOrder(order, Integer.parseInt(bits), dst.register());
        }
      }
    }
    return null;
  }

  private Insn atomic(Named dst, String word) {
    boolean wide = word.startsWith("atomic64_");
    AtomicOp op =
        switch (word.substring(word.indexOf('_') + 1)) {
          case "fetch_add" -> AtomicOp.FETCH_ADD;
          case "fetch_or" -> AtomicOp.FETCH_OR;
          case "fetch_and" -> AtomicOp.FETCH_AND;
          case "fetch_xor" -> AtomicOp.FETCH_XOR;
          case "xchg" -> AtomicOp.XCHG;
          case "cmpxchg" -> AtomicOp.CMPXCHG;
          default -> throw in.error("unknown atomic operation \"" + word + "\"");
        };
    in.expect("(");
    Place place = place();
    if (place.size() != (wide ? Size.DW : Size.W) || place.signed()) {
      throw in.error(word + " needs " + (wide ? "u64" : "u32"));
    }
    in.expect(",");
    if (op == AtomicOp.CMPXCHG) {
      if (named().register() != Register.R0 || dst.register() != Register.R0) {
        throw in.error("cmpxchg compares with and returns r0");
      }
      in.expect(",");
    }
    Register src = named().register();
    if (op != AtomicOp.CMPXCHG && src != dst.register()) {
      throw in.error("the old value goes to the register of the operand");
    }
    in.expect(")");
    return new Insn.Atomic(op, place.size(), place.base(), place.off(), src, Access.PLAIN);
  }

  private Insn addressSpaceCast(Named dst) {
    in.expect("(");
    Register src = register64();
    in.expect(",");
    int to = in.number(0, 0xffff);
    in.expect(",");
    int from = in.number(0, 0xffff);
    in.expect(")");
    return new Insn.AddressSpaceCast(wide(dst), src, to, from);
  }

  private Insn map(Register dst) {
    in.expect("[");
    boolean indexed = in.accept("idx:");
    long index = indexed || in.accept("id:") || in.atNumber() ? in.number(0, MAX) : mapByName();
    in.expect("]");
    boolean value = false;
    if (!indexed && in.accept("[")) {
      value = true;
      in.number(0, 0);
      in.expect("]");
    }
    long off = 0;
    if ((indexed || value) && in.atNumber()) {
      value = true;
      off = in.number(0, UNSIGNED_MAX);
    }
    Constant kind =
        indexed
            ? value ? Constant.MAP_INDEX_VALUE : Constant.MAP_INDEX
            : value ? Constant.MAP_VALUE : Constant.MAP;
    return new Insn.LoadConstant(dst, kind, off << 32 | index);
  }

  private int mapByName() {
    String name = in.word();
    int index = program.map(name);
    if (index < 0) {
      throw in.error("unknown map \"" + name + "\"");
    }
    return index;
  }

  private Insn load(Register dst) {
    in.expect("(");
    String type = in.word();
    boolean signed = type.startsWith("s");
    Size size = size(type);
    in.expect("*");
    in.expect(")");
    if (in.accept("skb")) {
      return packet(dst, size, signed);
    }
    if (signed && size == Size.DW) {
      throw in.error("s64 needs no sign extension");
    }
    in.expect("(");
    Register base = register64();
    int off = offset();
    return new Insn.Load(size, signed, dst, base, off, Access.PLAIN);
  }

  private Insn packet(Register dst, Size size, boolean signed) {
    if (dst != Register.R0 || signed || size == Size.DW) {
      throw in.error("packet loads go to r0 and have 1, 2 or 4 bytes");
    }
    in.expect("[");
    if (in.atNumber()) {
      int imm = in.number(MIN, MAX);
      in.expect("]");
      return new Insn.LoadPacket(size, imm);
    }
    Register src = register64();
    int imm = 0;
    if (!in.accept("]")) {
      // The kernel prints "+ -5" for a negative constant.
      int mark = in.mark();
      if (!in.accept("+") || !in.atNumber()) {
        in.reset(mark);
      }
      imm = in.number(MIN, MAX);
      in.expect("]");
    }
    return new Insn.LoadPacketIndirect(size, src, imm);
  }

  private Insn lock() {
    in.expect("*");
    Place place = place();
    AtomicOp op = null;
    for (Operator<AluOp> operator : ASSIGNMENTS) {
      if (op == null && in.accept(operator.text())) {
        op =
            switch (operator.op()) {
              case ADD -> AtomicOp.ADD;
              case OR -> AtomicOp.OR;
              case AND -> AtomicOp.AND;
              case XOR -> AtomicOp.XOR;
              default -> throw in.error("no atomic \"" + operator.text() + "\"");
            };
      }
    }
    if (op == null) {
      throw in.unexpected("+=, |=, &= or ^=");
    }
    Size size = unsigned(place);
    if (size != Size.W && size != Size.DW) {
      throw in.error("atomic operations need u32 or u64");
    }
    Register src = named().register();
    return new Insn.Atomic(op, size, place.base(), place.off(), src, Access.PLAIN);
  }

  private Insn storeRelease() {
    in.expect("(");
    Place place = place();
    in.expect(",");
    Register src = named().register();
    in.expect(")");
    return new Insn.StoreRelease(unsigned(place), place.base(), place.off(), src, Access.PLAIN);
  }

  private Insn jumpIf() {
    Named dst = named();
    for (Operator<Condition> operator : CONDITIONS) {
      if (in.accept(operator.text())) {
        Operand src;
        if (in.atNumber()) {
          src = new Operand.Immediate(in.number(MIN, UNSIGNED_MAX));
        } else {
          Named named = named();
          sameWidth(dst, named);
          src = named.register();
        }
        in.expect("goto");
        int distance = target(Short.MIN_VALUE, Short.MAX_VALUE);
        return new Insn.JumpIf(operator.op(), dst.width(), dst.register(), src, distance);
      }
    }
    throw in.unexpected("a condition");
  }

  private Insn call() {
    if (in.accept("pc")) {
      return new Insn.CallLocal(in.number(MIN, MAX));
    }
    if (in.accept("kfunc")) {
      in.word();
      in.expect("#");
      int id = in.number(MIN, MAX);
      int btf = in.accept("off=") ? in.number(Short.MIN_VALUE, Short.MAX_VALUE) : 0;
      return new Insn.CallKfunc(id, btf);
    }
    int mark = in.mark();
    String name = in.word();
    if (in.accept("#")) {
      return new Insn.CallHelper(in.number(MIN, MAX));
    }
    if (name.isEmpty()) {
      throw in.unexpected("a function");
    }
    Integer id = program.helper(name);
    if (id != null) {
      return new Insn.CallHelper(id);
    }
    program.refer(name, in, mark);
    return new Insn.CallLocal(0);
  }

  /** A distance in slots, 0 for a label that is resolved later. */
  private int target(long min, long max) {
    if (in.accept("pc") || in.atNumber()) {
      return in.number(min, max);
    }
    int mark = in.mark();
    String label = in.word();
    if (label.isEmpty()) {
      throw in.unexpected("a target");
    }
    program.refer(label, in, mark);
    return 0;
  }
}
