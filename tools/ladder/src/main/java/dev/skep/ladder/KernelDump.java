package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.linux.KernelMap;
import dev.skep.linux.KernelProgram;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.DumpNumbers;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.Xlated;
import dev.skep.verify.VerifiedProgram;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares rewritten instructions with the kernel's dump. Addresses of functions and variables are
 * learnt from the dumps: the same function must have the same address in all programs of a type,
 * and two functions never share one.
 */
public final class KernelDump {
  private final Map<String, Integer> addresses = new HashMap<>();
  private final Map<String, String> owners = new HashMap<>();

  /** Number of the comparison, for addresses that are good for one program only. */
  private int serial;

  public Finding compare(VerifiedProgram verified, KernelProgram linux, List<BpfMap> maps) {
    serial++;
    RunnableProgram runnable;
    try {
      runnable = Rewriter.rewrite(verified, RewriteOptions.LINUX);
    } catch (UnsupportedException missing) {
      return Finding.unsupported(Rung.XLATED, String.valueOf(missing.getMessage()));
    }
    long[] skep = Xlated.insns(runnable, numbers(maps));
    long[] kernel = linux.info().xlated();
    Map<Integer, Long> arenas = new HashMap<>();
    for (int i = 0; i < Math.min(skep.length, kernel.length); i++) {
      if (isArenaLoad(runnable, i) && isInArena(arenas, runnable, i, kernel)) {
        kernel[i] = skep[i];
        kernel[i + 1] = skep[i + 1];
        i++;
        continue;
      }
      kernel[i] = unmasked(kind(verified.program()), runnable, i, skep, kernel[i]);
    }
    if (Arrays.equals(kernel, skep)) {
      return Finding.equal(Rung.XLATED);
    }
    return Finding.compare(Rung.XLATED, text(kernel), text(skep));
  }

  private static boolean isArenaLoad(RunnableProgram runnable, int at) {
    long word = runnable.insns()[at];
    return InsnWord.code(word) == Opcodes.LD_IMM64
        && InsnWord.src(word) == Opcodes.PSEUDO_MAP_VALUE
        && runnable.program().maps().get(InsnWord.imm(word)).type() == MapType.ARENA;
  }

  /** The kernel shows the address of a variable, which must fit the arena's other ones. */
  private static boolean isInArena(
      Map<Integer, Long> arenas, RunnableProgram runnable, int at, long[] kernel) {
    if (at + 1 >= kernel.length || InsnWord.src(kernel[at]) != 0) {
      return false;
    }
    int offset = InsnWord.imm(runnable.insns()[at + 1]);
    long start = InsnWord.imm64(kernel[at], kernel[at + 1]) - offset;
    Long known = arenas.putIfAbsent(InsnWord.imm(runnable.insns()[at]), start);
    return start != 0 && (known == null || known == start);
  }

  private static DumpNumbers numbers(List<BpfMap> maps) {
    return new DumpNumbers() {
      @Override
      public int mapId(int index) {
        return ((KernelMap) maps.get(index)).id();
      }
    };
  }

  /** Programs of one kind call the same functions for the same helpers. */
  private static String kind(Program program) {
    ProgramType type = program.type();
    boolean variants =
        type == ProgramType.TRACING || type == ProgramType.LSM || type == ProgramType.KPROBE;
    return variants ? type + "/" + program.expectedAttachType() : type.toString();
  }

  /** The kernel's word with Skep's number of the function or variable in the address's place. */
  private long unmasked(String type, RunnableProgram runnable, int at, long[] skep, long kernel) {
    long own = skep[at];
    int source = InsnWord.src(own);
    boolean kfunc = source == Opcodes.PSEUDO_KFUNC_CALL;
    boolean call = InsnWord.code(own) == Opcodes.CALL_CODE && (source == 0 || kfunc);
    boolean tail = InsnWord.code(runnable.insns()[at]) == Opcodes.TAIL_CALL_CODE;
    boolean cpuNumber =
        InsnWord.code(own) == Opcodes.MOV64_K
            && InsnWord.imm(own) == RunnableProgram.CPU_NUMBER_OFFSET
            && at + 1 < skep.length
            && InsnWord.code(skep[at + 1]) == Opcodes.MOV64_X
            && InsnWord.off(skep[at + 1]) == Opcodes.ADDR_PERCPU;
    boolean sameForm = InsnWord.withImm(own, 0) == InsnWord.withImm(kernel, 0);
    int variable = variableHalf(runnable, at);
    if (tail || !sameForm || !call && !cpuNumber && variable < 0) {
      return kernel;
    }
    if (variable >= 0 && KernelVariable.values()[variable / 2].isAllocated()) {
      String place = serial + " variable " + variable + " " + objectType(runnable, at, variable);
      Integer first = addresses.putIfAbsent(place, InsnWord.imm(kernel));
      return first == null || first == InsnWord.imm(kernel) ? own : kernel;
    }
    String owner = kfunc ? "kfunc" : type;
    String what =
        call ? owner + " " + InsnWord.imm(own) : cpuNumber ? "cpu_number" : "variable " + variable;
    boolean known = isKnown(what, call ? owner + " at " : "", InsnWord.imm(kernel));
    return known ? own : kernel;
  }

  /** Which half of the address of a kernel variable the word is, or -1. */
  private static int variableHalf(RunnableProgram runnable, int at) {
    for (int half = 0; half < 2 && at >= half; half++) {
      long word = runnable.insns()[at - half];
      if (InsnWord.code(word) == Opcodes.LD_IMM64 && InsnWord.src(word) == Opcodes.PSEUDO_BTF_ID) {
        return 2 * InsnWord.imm(word) + half;
      }
    }
    return -1;
  }

  private static int objectType(RunnableProgram runnable, int at, int half) {
    return InsnWord.imm(runnable.insns()[at + 1 - half % 2]);
  }

  private boolean isKnown(String what, String where, int address) {
    Integer first = addresses.putIfAbsent(what, address);
    String owner = owners.putIfAbsent(where + address, what);
    return (first == null || first == address) && (owner == null || owner.equals(what));
  }

  private static String text(long[] insns) {
    StringBuilder out = new StringBuilder();
    for (long word : insns) {
      out.append("%016x  ".formatted(Long.reverseBytes(word)));
      out.append(Show.insns(new long[] {word}).substring(6));
    }
    return out.toString();
  }
}
