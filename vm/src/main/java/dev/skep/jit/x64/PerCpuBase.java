package dev.skep.jit.x64;

import dev.skep.isa.InsnWord;
import dev.skep.jit.Linkage;
import dev.skep.rewrite.RunnableProgram;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * This CPU's base in a register, for one function of the userspace layout: where it is loaded, and
 * which accesses reach per-CPU memory at a known offset, so that they can be made by base and
 * displacement.
 *
 * <pre>
 *   r1 = offset ll              (nothing)
 *   r1 = percpu r1              lea rdi, [r9 + offset]
 *   r2 = *(u64 *)(r1 + 8)       mov rsi, [r9 + offset + 8]
 * </pre>
 *
 * The register is one that calls do not keep. A function without calls loads it once; others before
 * the first use in each stretch of instructions that is entered at its start only and has no call
 * in it. With base and displacement the CPU knows without adding that a load is of what was stored
 * just before; through a pointer that is made anew each time it does not.
 */
final class PerCpuBase {
  /** No BPF register lives here. */
  static final int REGISTER = Gpr.R9;

  /** What {@link #displacement} says of other accesses. */
  static final long NONE = Long.MIN_VALUE;

  private static final int LD_IMM64 = 0x18;
  private static final int MAP_VALUE = 2;
  private static final int MOV64_K = 0xb7;
  private static final int MOV32_K = 0xb4;
  private static final int MOV64_X = 0xbf;
  private static final int ADD64_K = 0x07;
  private static final int CALL = 0x85;
  private static final int EXIT = 0x95;
  private static final int GOTOL = 0x06;
  private static final int GOTOX = 0x0d;
  private static final int PER_CPU = -1;
  private static final int REGISTERS = 10;
  private static final int CALLER_SAVED = 6;

  /** What a register holds, as far as it is known. */
  private static final byte UNKNOWN = 0;

  private static final byte CONSTANT = 1;
  private static final byte POINTER = 2;

  private final long[] insns;
  private final int start;
  private final int end;
  private final Linkage linkage;
  private final CodeLayout layout;
  private final BitSet leaders = new BitSet();
  private final boolean loadsOnce;

  // By instruction, from the function's start on.
  private final long[] displacements;
  private final BitSet loads = new BitSet();
  private final BitSet dead = new BitSet();

  private final byte[] kinds = new byte[REGISTERS];
  private final long[] values = new long[REGISTERS];
  private boolean loaded;

  private PerCpuBase(FunctionCode f, boolean hasCalls) {
    insns = f.input.insns();
    start = f.function.start();
    end = f.function.end();
    linkage = f.linkage;
    layout = f.layout;
    loadsOnce = !hasCalls;
    displacements = new long[end - start];
    Arrays.fill(displacements, NONE);
    findLeaders();
    for (int i = start; i < end; i++) {
      if (leaders.get(i)) {
        Arrays.fill(kinds, UNKNOWN);
        loaded = loadsOnce;
      }
      i += follow(i);
    }
  }

  /** The base's uses in a function, or null when it has none. */
  static @Nullable PerCpuBase of(FunctionCode f) {
    boolean uses = false;
    boolean hasCalls = false;
    for (int i = f.function.start(); i < f.function.end(); i++) {
      int code = InsnWord.code(f.input.insns()[i]);
      if (code == GOTOX) {
        return null;
      }
      uses |= isPerCpu(f.input.insns()[i]);
      hasCalls |= code == CALL;
      i += code == LD_IMM64 ? 1 : 0;
    }
    return uses ? new PerCpuBase(f, hasCalls) : null;
  }

  static boolean isPerCpu(long word) {
    return InsnWord.code(word) == MOV64_X && InsnWord.off(word) == PER_CPU;
  }

  /** Whether the register is loaded where the function begins. */
  boolean loadsOnce() {
    return loadsOnce;
  }

  /** Whether the register is loaded before an instruction, counted from the function's start. */
  boolean loadsBefore(int insn) {
    return loads.get(insn);
  }

  /**
   * Of a memory access what is added to base and offset instead of its pointer; of mov64_percpu
   * what it adds to; {@link #NONE} where that is not known.
   */
  long displacement(int insn) {
    return displacements[insn];
  }

  /** Whether nobody reads what an instruction makes: a mov64_percpu of its own follows. */
  boolean isDead(int insn) {
    return dead.get(insn);
  }

  private void findLeaders() {
    leaders.set(start);
    for (int i = start; i < end; i++) {
      int code = InsnWord.code(insns[i]);
      int jumpClass = code & 7;
      if (code == GOTOL) {
        leaders.set(i + 1 + InsnWord.imm(insns[i]));
      } else if ((jumpClass == 5 || jumpClass == 6)
          && code != CALL
          && code != EXIT
          && code != RunnableProgram.TAIL_CALL_CODE) {
        leaders.set(i + 1 + InsnWord.off(insns[i]));
      }
      i += code == LD_IMM64 ? 1 : 0;
    }
  }

  /** Follows one instruction; gives how many slots it has beyond the first. */
  private int follow(int i) {
    long word = insns[i];
    int code = InsnWord.code(word);
    switch (code & 7) {
      case 0 -> {
        return loadConstant(i, word);
      }
      case 1 -> {
        access(i, InsnWord.src(word), word);
        forget(InsnWord.dst(word));
      }
      case 2 -> access(i, InsnWord.dst(word), word);
      case 3 -> store(i, word);
      case 4, 7 -> arithmetic(i, word);
      default -> {
        if (code == CALL || code == RunnableProgram.TAIL_CALL_CODE) {
          Arrays.fill(kinds, 0, CALLER_SAVED, UNKNOWN);
          loaded &= code != CALL;
        }
      }
    }
    return 0;
  }

  private int loadConstant(int i, long word) {
    int dst = InsnWord.dst(word);
    forget(dst);
    if (InsnWord.code(word) != LD_IMM64) {
      forget(0);
      return 0;
    }
    long second = insns[i + 1];
    if (InsnWord.src(word) == 0) {
      constant(i, dst, InsnWord.imm64(word, second), i + 2);
    } else if (InsnWord.src(word) == MAP_VALUE) {
      long value = linkage.mapValueAddress(InsnWord.imm(word), InsnWord.imm(second));
      constant(i, dst, value, i + 2);
    }
    return 1;
  }

  private void constant(int i, int dst, long value, int next) {
    if (dst >= REGISTERS) {
      return;
    }
    kinds[dst] = CONSTANT;
    values[dst] = value;
    boolean consumed =
        next < end
            && !leaders.get(next)
            && isPerCpu(insns[next])
            && InsnWord.src(insns[next]) == dst
            && InsnWord.dst(insns[next]) == dst;
    dead.set(i - start, consumed && value == (int) value);
  }

  private void arithmetic(int i, long word) {
    int dst = InsnWord.dst(word);
    switch (InsnWord.code(word)) {
      case MOV64_K, MOV32_K -> {
        int imm = InsnWord.imm(word);
        boolean wide = InsnWord.code(word) == MOV64_K;
        boolean ownNumber =
            wide
                && imm == RunnableProgram.CPU_NUMBER_OFFSET
                && i + 1 < end
                && isPerCpu(insns[i + 1]);
        long value = ownNumber ? layout.cpuNumberImm() : imm;
        constant(i, dst, wide ? value : value & 0xffff_ffffL, i + 1);
      }
      case MOV64_X -> move(i, word);
      case ADD64_K -> {
        if (dst < REGISTERS) {
          values[dst] += InsnWord.imm(word);
        }
      }
      default -> forget(dst);
    }
  }

  private void move(int i, long word) {
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    boolean known = src < REGISTERS && kinds[src] != UNKNOWN;
    if (InsnWord.off(word) == PER_CPU) {
      need(i);
      known = known && kinds[src] == CONSTANT && values[src] == (int) values[src];
      if (known) {
        displacements[i - start] = values[src];
      }
    }
    if (!known || dst >= REGISTERS || InsnWord.off(word) > 0) {
      forget(dst);
      return;
    }
    kinds[dst] = InsnWord.off(word) == PER_CPU ? POINTER : kinds[src];
    values[dst] = values[src];
  }

  private void store(int i, long word) {
    access(i, InsnWord.dst(word), word);
    if (MemoryLowering.mode(word) < 0xc0) {
      return;
    }
    int operation = InsnWord.imm(word);
    if (operation == 0x100) {
      displacements[i - start] = NONE;
      forget(InsnWord.dst(word));
    } else if ((operation & 1) != 0) {
      forget(InsnWord.src(word));
      forget(0);
    }
  }

  /** Notes what an access through a register adds to, where the base is at hand anyway. */
  private void access(int i, int pointer, long word) {
    if (pointer < REGISTERS && kinds[pointer] == POINTER && loaded) {
      long displacement = values[pointer];
      long sum = displacement + InsnWord.off(word);
      if (displacement == (int) displacement && sum == (int) sum) {
        displacements[i - start] = displacement;
      }
    }
  }

  private void need(int i) {
    if (!loaded) {
      loads.set(i - start);
      loaded = true;
    }
  }

  private void forget(int register) {
    if (register < REGISTERS) {
      kinds[register] = UNKNOWN;
    }
  }
}
