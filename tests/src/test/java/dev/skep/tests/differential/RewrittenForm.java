package dev.skep.tests.differential;

import dev.skep.isa.InsnWord;
import dev.skep.rewrite.RunnableProgram;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rewritten instructions in a form that the kernel's dump and Skep's rewriter share: map numbers as
 * indexes, function addresses as Skep's numbers, subprograms by distance.
 */
final class RewrittenForm {
  private static final int LD_IMM64 = 0x18;
  private static final int MOV64_K = 0xb7;
  private static final int MOV64_X = 0xbf;
  private static final int PERCPU = -1;
  private static final int TAIL_CALL = 12;

  /** Distances to the kernel's functions, learnt from programs as they are compared. */
  private final Map<Integer, Integer> numberOfAddress = new HashMap<>();

  private final Map<Integer, Integer> addressOfNumber = new HashMap<>();

  /** Skep's side. */
  static long[] ofSkep(RunnableProgram program) {
    long[] out = program.insns().clone();
    for (int i = 0; i < out.length; i++) {
      int code = InsnWord.code(out[i]);
      if (code == RunnableProgram.TAIL_CALL_CODE) {
        out[i] = InsnWord.of(Code.CALL, 0, 0, 0, TAIL_CALL);
      } else if (code == Code.CALL && InsnWord.src(out[i]) == 1) {
        out[i] = InsnWord.of(Code.CALL, 0, 1, InsnWord.imm(out[i]), 0);
      } else if (code == LD_IMM64) {
        i++;
        out[i] = secondSlot(out[i - 1], out[i]);
      }
    }
    return out;
  }

  /**
   * The kernel's side.
   *
   * @param mapIds the kernel's numbers of the program's maps, in order
   * @param skep the other side, from which the addresses of functions are learnt
   */
  long[] ofKernel(long[] xlated, List<Integer> mapIds, long[] skep) {
    long[] out = xlated.clone();
    for (int i = 0; i < out.length; i++) {
      int code = InsnWord.code(out[i]);
      if (code == Code.CALL && InsnWord.src(out[i]) == 1) {
        out[i] = InsnWord.withImm(out[i], 0);
      } else if (code == Code.CALL && InsnWord.src(out[i]) == 0) {
        out[i] = call(out[i], i < skep.length ? skep[i] : 0);
      } else if (code == LD_IMM64) {
        if (InsnWord.src(out[i]) == 1 || InsnWord.src(out[i]) == 2) {
          out[i] = InsnWord.withImm(out[i], mapIds.indexOf(InsnWord.imm(out[i])));
        }
        i++;
        out[i] = secondSlot(out[i - 1], out[i]);
      } else if (code == MOV64_K && i + 1 < out.length && isPerCpu(out[i + 1])) {
        out[i] = InsnWord.withImm(out[i], RunnableProgram.CPU_NUMBER_OFFSET);
      }
    }
    return out;
  }

  private static boolean isPerCpu(long word) {
    return InsnWord.code(word) == MOV64_X && InsnWord.off(word) == PERCPU;
  }

  /** Of a function's second slot only the kernel knows the use. */
  private static long secondSlot(long first, long second) {
    return InsnWord.src(first) == 4 || InsnWord.src(first) == 1 ? 0 : second;
  }

  private long call(long word, long skep) {
    int address = InsnWord.imm(word);
    if (address == TAIL_CALL || InsnWord.code(skep) != Code.CALL || InsnWord.src(skep) != 0) {
      return word;
    }
    int number = InsnWord.imm(skep);
    Integer known = numberOfAddress.putIfAbsent(address, number);
    Integer back = addressOfNumber.putIfAbsent(number, address);
    boolean fits = (known == null || known == number) && (back == null || back == address);
    return fits ? InsnWord.withImm(word, number) : word;
  }
}
