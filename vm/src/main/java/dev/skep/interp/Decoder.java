package dev.skep.interp;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcode;
import dev.skep.machine.BpfFunction;
import dev.skep.rewrite.KernelFunction;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.PokeDescriptor;
import dev.skep.rewrite.TailCallDialect;
import dev.skep.rewrite.TailCallImm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Turns slots into {@link Code}. It checks form, not safety: codes exist, registers too, jumps end
 * on instructions of the program. So code that was not verified can at worst trap.
 */
final class Decoder {
  private static final byte[] ALU64_OPS = aluOps(true);
  private static final byte[] ALU32_OPS = aluOps(false);

  private static final KernelVariable[] VARIABLES = KernelVariable.values();

  private final String name;
  private final long[] insns;
  private final Linkage linkage;
  private final List<PokeDescriptor> pokes;
  private final TailCallDialect tailCalls;
  private final List<BpfFunction> functions = new ArrayList<>();
  private final boolean[] secondSlot;
  private final int[] frameSizes;
  private final boolean rewritten;
  private final Code code;

  private Decoder(
      String name,
      boolean rewritten,
      long[] insns,
      int[] frameSizes,
      List<PokeDescriptor> pokes,
      TailCallDialect tailCalls,
      Linkage linkage,
      BpfFunction[] called) {
    this.name = name;
    this.insns = insns;
    this.linkage = linkage;
    this.pokes = pokes;
    this.tailCalls = tailCalls;
    this.frameSizes = frameSizes;
    this.rewritten = rewritten;
    secondSlot = new boolean[insns.length];
    code = new Code(name, rewritten, insns.length, called, frameSizes);
  }

  /**
   * Decodes a program.
   *
   * @param rewritten whether the rewrites made it, see {@link Code#rewritten}
   * @param frameSizes bytes of stack by index of each function's first instruction, -1 elsewhere
   */
  static Code decode(
      String name,
      boolean rewritten,
      long[] insns,
      int[] frameSizes,
      List<PokeDescriptor> pokes,
      TailCallDialect tailCalls,
      Linkage linkage) {
    int calls = 0;
    for (long insn : insns) {
      calls += InsnWord.code(insn) == CALL_CODE ? 1 : 0;
    }
    BpfFunction[] called = new BpfFunction[calls];
    Decoder decoder =
        new Decoder(name, rewritten, insns, frameSizes, pokes, tailCalls, linkage, called);
    decoder.markSecondSlots();
    for (int i = 0; i < insns.length; i++) {
      decoder.decode(i);
    }
    decoder.functions.toArray(called);
    return decoder.code;
  }

  private void markSecondSlots() {
    if (insns.length == 0) {
      throw new MalformedException("program \"" + name + "\" is empty");
    }
    for (int i = 0; i < insns.length; i++) {
      if (InsnWord.code(insns[i]) == LD_IMM64) {
        if (i + 1 == insns.length) {
          throw malformed(i, "ld_imm64 without its second slot");
        }
        secondSlot[++i] = true;
      }
    }
  }

  private void decode(int i) {
    if (secondSlot[i]) {
      set(i, Ops.UNREACHABLE, 0, 0, 0, 0);
      return;
    }
    long word = insns[i];
    Opcode opcode = Opcode.of(word);
    if (opcode == null) {
      throw malformed(i, "no instruction 0x" + Long.toHexString(word));
    }
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    long operands = opcode.operandMask();
    if ((operands & 0xf00) != 0 && dst > AX || (operands & 0xf000) != 0 && src > AX) {
      throw malformed(i, "no register " + Math.max(dst, src));
    }
    int insnCode = opcode.code();
    switch (classOf(insnCode)) {
      case LD -> loadConstant(i, insnCode, word);
      case LDX -> load(i, insnCode, word);
      case ST, STX -> store(i, insnCode, word);
      case JMP, JMP32 -> jump(i, insnCode, word);
      default -> alu(i, insnCode, word);
    }
  }

  private void set(int i, int op, int dst, int src, int off, long imm) {
    code.op[i] = (byte) op;
    code.dst[i] = (byte) dst;
    code.src[i] = (byte) src;
    code.off[i] = off;
    code.imm[i] = imm;
  }

  private static int operand(int insnCode, long word) {
    return isX(insnCode) ? InsnWord.src(word) : Ops.CONSTANT;
  }

  private static byte[] aluOps(boolean wide) {
    byte[] ops = new byte[16];
    ops[ADD >> 4] = (byte) (wide ? Ops.ADD64 : Ops.ADD32);
    ops[SUB >> 4] = (byte) (wide ? Ops.SUB64 : Ops.SUB32);
    ops[MUL >> 4] = (byte) (wide ? Ops.MUL64 : Ops.MUL32);
    ops[DIV >> 4] = (byte) (wide ? Ops.DIV64 : Ops.DIV32);
    ops[OR >> 4] = (byte) (wide ? Ops.OR64 : Ops.OR32);
    ops[AND >> 4] = (byte) (wide ? Ops.AND64 : Ops.AND32);
    ops[LSH >> 4] = (byte) (wide ? Ops.LSH64 : Ops.LSH32);
    ops[RSH >> 4] = (byte) (wide ? Ops.RSH64 : Ops.RSH32);
    ops[NEG >> 4] = (byte) (wide ? Ops.NEG64 : Ops.NEG32);
    ops[MOD >> 4] = (byte) (wide ? Ops.MOD64 : Ops.MOD32);
    ops[XOR >> 4] = (byte) (wide ? Ops.XOR64 : Ops.XOR32);
    ops[MOV >> 4] = (byte) (wide ? Ops.MOV64 : Ops.MOV32);
    ops[ARSH >> 4] = (byte) (wide ? Ops.ARSH64 : Ops.ARSH32);
    return ops;
  }

  private void alu(int i, int insnCode, long word) {
    boolean wide = classOf(insnCode) == ALU64;
    int op = (wide ? ALU64_OPS : ALU32_OPS)[op(insnCode) >> 4];
    int off = InsnWord.off(word);
    switch (op(insnCode)) {
      case DIV -> op = off == 0 ? op : wide ? Ops.SDIV64 : Ops.SDIV32;
      case MOD -> op = off == 0 ? op : wide ? Ops.SMOD64 : Ops.SMOD32;
      case MOV -> op = isX(insnCode) && off != 0 ? move(i, wide, off) : op;
      case END -> {
        byteOrder(i, insnCode, word);
        return;
      }
      default -> {}
    }
    set(i, op, InsnWord.dst(word), operand(insnCode, word), 0, InsnWord.imm(word));
  }

  private int move(int i, boolean wide, int off) {
    return switch (off) {
      case ADDR_PERCPU -> Ops.PERCPU;
      case 8 -> wide ? Ops.MOVSX64_8 : Ops.MOVSX32_8;
      case 16 -> wide ? Ops.MOVSX64_16 : Ops.MOVSX32_16;
      case 32 -> Ops.MOVSX64_32;
      default -> throw unsupported(i, "address space casts");
    };
  }

  /** The host is little-endian: le truncates, be and bswap reverse. */
  private void byteOrder(int i, int insnCode, long word) {
    boolean reverse = classOf(insnCode) == ALU64 || isX(insnCode);
    int dst = InsnWord.dst(word);
    int op =
        switch (InsnWord.imm(word)) {
          case 16 -> reverse ? Ops.SWAP16 : Ops.KEEP16;
          case 32 -> reverse ? Ops.SWAP32 : Ops.MOV32;
          default -> reverse ? Ops.SWAP64 : Ops.MOV64;
        };
    set(i, op, dst, dst, 0, 0);
  }

  private void loadConstant(int i, int insnCode, long word) {
    if (insnCode != LD_IMM64) {
      throw unsupported(i, "packet loads that were not rewritten");
    }
    long next = insns[i + 1];
    long value =
        switch (InsnWord.src(word)) {
          case 0 -> InsnWord.imm64(word, next);
          case PSEUDO_MAP_FD -> linkage.mapAddress(InsnWord.imm(word));
          case PSEUDO_MAP_VALUE -> linkage.mapValueAddress(InsnWord.imm(word), InsnWord.imm(next));
          case PSEUDO_BTF_ID -> variable(i, InsnWord.imm(word));
          case PSEUDO_FUNC -> functionAddress(i, InsnWord.imm(word));
          default -> throw unsupported(i, "ld_imm64 with src " + InsnWord.src(word));
        };
    set(i, Ops.LDDW, InsnWord.dst(word), 0, 0, value);
  }

  private long functionAddress(int i, int distance) {
    return rewritten && isGone(i, distance) ? 0 : FunctionAddress.of(function(i, distance));
  }

  /**
   * Whether no function starts where a distance leads: of a callback that is never called nothing
   * is left, and nothing reads its address.
   */
  private boolean isGone(int i, int distance) {
    long target = (long) i + 1 + distance;
    return target < 0 || target >= insns.length || frameSizes[(int) target] < 0;
  }

  private long variable(int i, int ordinal) {
    if (ordinal < 0 || ordinal >= VARIABLES.length) {
      throw unsupported(i, "variable of BTF id " + ordinal);
    }
    return linkage.variableAddress(VARIABLES[ordinal]);
  }

  private void load(int i, int insnCode, long word) {
    int size = size(insnCode);
    int op =
        switch (mode(insnCode)) {
          case MEM ->
              size == B ? Ops.LDX_B : size == H ? Ops.LDX_H : size == W ? Ops.LDX_W : Ops.LDX_DW;
          case MEMSX -> size == B ? Ops.LDXS_B : size == H ? Ops.LDXS_H : Ops.LDXS_W;
          case PROBE_MEM, PROBE_MEMSX -> Ops.PROBE;
          default -> throw unsupported(i, "arena accesses");
        };
    // A probing load leaves to the slow path what it is.
    set(i, op, InsnWord.dst(word), InsnWord.src(word), InsnWord.off(word), insnCode);
  }

  private void store(int i, int insnCode, long word) {
    if (insnCode == NOSPEC_CODE) {
      set(i, Ops.NOP, 0, 0, 0, 0);
      return;
    }
    boolean register = classOf(insnCode) == STX;
    int src = register ? InsnWord.src(word) : Ops.CONSTANT;
    int size = size(insnCode);
    int op;
    long imm = InsnWord.imm(word);
    if (mode(insnCode) == MEM) {
      op = size == B ? Ops.ST_B : size == H ? Ops.ST_H : size == W ? Ops.ST_W : Ops.ST_DW;
    } else if (mode(insnCode) == ATOMIC && register) {
      op = Ops.ATOMIC;
      imm = (long) bytes(insnCode) << 32 | InsnWord.imm(word);
    } else {
      throw unsupported(i, "arena accesses");
    }
    set(i, op, InsnWord.dst(word), src, InsnWord.off(word), imm);
  }

  private void jump(int i, int insnCode, long word) {
    int off = InsnWord.off(word);
    int imm = InsnWord.imm(word);
    switch (insnCode) {
      case JA_CODE -> set(i, Ops.JA, 0, 0, target(i, off), 0);
      case GOTOL_CODE -> set(i, Ops.JA, 0, 0, target(i, imm), 0);
      case EXIT_CODE -> set(i, Ops.EXIT, 0, 0, 0, 0);
      case CALL_CODE -> call(i, word);
      case TAIL_CALL_CODE -> tailCall(i, imm);
      case MAY_GOTO_CODE -> throw unsupported(i, "may_goto that was not rewritten");
      case GOTOX_CODE -> throw unsupported(i, "gotox");
      default -> {
        int op = conditional(op(insnCode), classOf(insnCode) == JMP);
        set(i, op, InsnWord.dst(word), operand(insnCode, word), target(i, off), imm);
      }
    }
  }

  private static int conditional(int operation, boolean wide) {
    int op =
        switch (operation) {
          case JEQ -> Ops.JEQ64;
          case JNE -> Ops.JNE64;
          case JGT -> Ops.JGT64;
          case JGE -> Ops.JGE64;
          case JLT -> Ops.JLT64;
          case JLE -> Ops.JLE64;
          case JSGT -> Ops.JSGT64;
          case JSGE -> Ops.JSGE64;
          case JSLT -> Ops.JSLT64;
          case JSLE -> Ops.JSLE64;
          default -> Ops.JSET64;
        };
    return wide ? op : op - Ops.JEQ64 + Ops.JEQ32;
  }

  private void call(int i, long word) {
    int imm = InsnWord.imm(word);
    switch (InsnWord.src(word)) {
      case PSEUDO_CALL -> {
        if (rewritten && isGone(i, imm)) {
          set(i, Ops.UNREACHABLE, 0, 0, 0, 0);
          return;
        }
        int start = function(i, imm);
        set(i, Ops.CALL_LOCAL, 0, 0, start, frameSizes[start]);
      }
      case PSEUDO_KFUNC_CALL -> {
        BpfFunction kfunc = linkage.kfunc(imm);
        if (kfunc == null) {
          throw unsupported(i, "call of kfunc #" + imm);
        }
        functions.add(kfunc);
        set(i, Ops.CALL, 0, 0, 0, functions.size() - 1);
      }
      default -> {
        if (imm == KernelFunction.TIMED_MAY_GOTO.number()) {
          set(i, Ops.TIMED_MAY_GOTO, 0, 0, 0, 0);
        } else {
          functions.add(linkage.function(imm));
          set(i, Ops.CALL, 0, 0, 0, functions.size() - 1);
        }
      }
    }
  }

  private void tailCall(int i, int imm) {
    int index = TailCallImm.poke(tailCalls, imm);
    if (index == -1) {
      set(i, Ops.TAIL_CALL, 0, 0, 0, 0);
      return;
    }
    if (index < 0 || index >= pokes.size()) {
      throw malformed(i, "no poke descriptor " + index);
    }
    PokeDescriptor poke = pokes.get(index);
    set(i, Ops.TAIL_CALL_DIRECT, 0, 0, poke.key(), linkage.mapAddress(poke.map()));
  }

  /** The instruction that a distance leads to. */
  private int target(int i, int distance) {
    long target = (long) i + 1 + distance;
    if (target < 0 || target >= insns.length || secondSlot[(int) target]) {
      throw malformed(i, "jump to insn " + target);
    }
    return (int) target;
  }

  /** The first instruction of the function that a distance leads to. */
  private int function(int i, int distance) {
    int start = target(i, distance);
    if (frameSizes[start] < 0) {
      throw malformed(i, "no function starts at insn " + start);
    }
    return start;
  }

  private MalformedException malformed(int i, String what) {
    return new MalformedException("program \"" + name + "\", insn " + i + ": " + what);
  }

  private UnsupportedException unsupported(int i, String what) {
    return new UnsupportedException(
        "interpreter: " + what + " (program \"" + name + "\", insn " + i + ")");
  }

  /** An array for the frame sizes of a program of so many slots, without functions. */
  static int[] noFrames(int slots) {
    int[] sizes = new int[slots];
    Arrays.fill(sizes, -1);
    return sizes;
  }
}
