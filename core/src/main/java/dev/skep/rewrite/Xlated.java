package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import java.util.List;

/**
 * The instructions as BPF_OBJ_GET_INFO_BY_FD shows them in xlated_prog_insns to a reader who may
 * see addresses (bpf_insn_prepare_dump, jit_subprogs).
 *
 * <pre>
 *                    runnable                        dumped
 *   map load         src 1, imm index                src 1, imm id
 *   value load       src 2, imm index, offset        src 2, imm id, offset
 *   function load    src 4, imm relative             src 4, imm relative, subprogram number
 *   subprogram call  off 0, imm relative             off relative, imm subprogram number
 *   tail call        f5, imm poke                    85, imm 12
 *   probing loads    modes PROBE_MEM, PROBE_MEM32    mode MEM
 * </pre>
 */
public final class Xlated {
  private static final int TAIL_CALL_HELPER = 12;

  private final RunnableProgram program;
  private final DumpNumbers numbers;
  private final long[] insns;

  private Xlated(RunnableProgram program, DumpNumbers numbers) {
    this.program = program;
    this.numbers = numbers;
    insns = program.insns().clone();
  }

  /** The dumped instruction words. */
  public static long[] insns(RunnableProgram program, DumpNumbers numbers) {
    Xlated xlated = new Xlated(program.dumped(), numbers);
    xlated.convert();
    return xlated.insns;
  }

  private void convert() {
    for (int i = 0; i < insns.length; i++) {
      long word = insns[i];
      int code = InsnWord.code(word);
      switch (classOf(code)) {
        case JMP -> insns[i] = jump(i, word, code);
        case LDX, ST, STX -> insns[i] = access(word, code);
        case ALU64 -> insns[i] = cpuNumber(i, word);
        case LD -> {
          if (code == LD_IMM64) {
            constant(i, word);
            i++;
          }
        }
        default -> {}
      }
    }
  }

  private long jump(int insn, long word, int code) {
    if (code == TAIL_CALL_CODE) {
      return Words.call(TAIL_CALL_HELPER);
    }
    if (code != CALL_CODE) {
      return word;
    }
    int imm = InsnWord.imm(word);
    if (InsnWord.src(word) == PSEUDO_CALL) {
      if (program.functions().size() == 1) {
        return word; // the call of a callback that is gone; there was nothing to link
      }
      int callee = function(insn + 1 + imm);
      return InsnWord.withImm(InsnWord.withOff(word, imm), callee);
    }
    return InsnWord.src(word) == 0 ? InsnWord.withImm(word, numbers.call(imm)) : word;
  }

  /** The same for readers that may see no addresses (bpf_dump_raw_ok): of calls nothing is told. */
  public static long[] withoutAddresses(RunnableProgram program, DumpNumbers numbers) {
    long[] insns = insns(program, numbers);
    for (int i = 0; i < insns.length; i++) {
      long word = insns[i];
      boolean tailCall = InsnWord.src(word) == 0 && InsnWord.imm(word) == TAIL_CALL_HELPER;
      if (InsnWord.code(word) == LD_IMM64) {
        i++;
      } else if (InsnWord.code(word) == CALL_CODE && !tailCall) {
        insns[i] = InsnWord.withImm(word, 0);
      }
    }
    return insns;
  }

  private static long access(long word, int code) {
    int mode = mode(code);
    boolean probe = mode == PROBE_MEM32 || classOf(code) == LDX && mode == PROBE_MEM;
    return probe ? InsnWord.withCode(word, code & 0x1f | MEM) : word;
  }

  private long cpuNumber(int insn, long word) {
    boolean address =
        InsnWord.code(word) == MOV64_K
            && insn + 1 < insns.length
            && insns[insn + 1] == Words.movPerCpu(InsnWord.dst(word), InsnWord.dst(word));
    return address ? InsnWord.withImm(word, numbers.cpuNumber()) : word;
  }

  private void constant(int first, long word) {
    int imm = InsnWord.imm(word);
    switch (InsnWord.src(word)) {
      case PSEUDO_MAP_FD -> {
        insns[first] = InsnWord.withImm(word, numbers.mapId(imm));
        insns[first + 1] = 0;
      }
      case PSEUDO_MAP_VALUE -> insns[first] = InsnWord.withImm(word, numbers.mapId(imm));
      case PSEUDO_FUNC -> {
        if (program.functions().size() > 1) {
          int number = Math.max(function(first + 1 + imm), 0);
          insns[first + 1] = InsnWord.withImm(insns[first + 1], number);
        }
      }
      case PSEUDO_BTF_ID -> {
        long address = numbers.address(KernelVariable.values()[imm]);
        insns[first] = InsnWord.withImm(InsnWord.withSrc(word, 0), (int) address);
        insns[first + 1] = InsnWord.withImm(0, (int) (address >>> 32));
      }
      default -> {}
    }
  }

  /** Number of the function that starts at the instruction, or -1. */
  private int function(int start) {
    List<RunnableProgram.Function> functions = program.functions();
    for (int f = 0; f < functions.size(); f++) {
      if (functions.get(f).start() == start) {
        return f;
      }
    }
    return -1;
  }
}
