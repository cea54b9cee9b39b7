package dev.skep.interp;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The reference interpreter: the meaning of every instruction, written to be read and to be
 * trusted. It needs no native code of its own; memory is the machine's, and every access to it is
 * checked.
 *
 * <p>Programs of one interpreter run on the CPUs of one machine, each CPU with a stack. Loading is
 * thread-safe; runs are, on different CPUs.
 */
public final class Interpreter implements AutoCloseable {
  /** Stack of a function that was not verified: as much as a verified one may have. */
  private static final int UNVERIFIED_FRAME = 512;

  private final Machine machine;
  private final ProgramTable programs;
  private final @Nullable Execution[] executions;
  private final @Nullable Stack[] stacks;

  /**
   * @param programs finds the targets of tail calls
   */
  public Interpreter(Machine machine, ProgramTable programs) {
    this.machine = machine;
    this.programs = programs;
    executions = new @Nullable Execution[machine.cpus().count()];
    stacks = new @Nullable Stack[machine.cpus().count()];
  }

  /**
   * Decodes a program.
   *
   * @throws dev.skep.errors.UnsupportedException if it holds an instruction or calls a function
   *     that is not there yet
   */
  public InterpretedProgram load(RunnableProgram program, Linkage linkage) {
    return load(program, linkage, Map.of());
  }

  /**
   * Decodes a program in which other programs stand in for some functions.
   *
   * @param replaced by the function's number, which is not 0
   */
  public InterpretedProgram load(
      RunnableProgram program, Linkage linkage, Map<Integer, InterpretedProgram> replaced) {
    long[] insns = program.insns();
    int[] frameSizes = Decoder.noFrames(insns.length);
    for (RunnableProgram.Function function : program.functions()) {
      frameSizes[function.start()] = function.stackDepth();
    }
    String name = program.program().name();
    Code code =
        Decoder.decode(
            name, true, insns, frameSizes, program.pokes(), program.tailCalls(), linkage);
    extend(code, program, replaced);
    return new InterpretedProgram(this, code);
  }

  /**
   * Decodes a program so that an observer sees each of its steps. Programs that it jumps to are
   * observed if they were loaded so.
   *
   * @throws dev.skep.errors.UnsupportedException as {@link #load}
   */
  public InterpretedProgram loadObserved(
      RunnableProgram program, Linkage linkage, StepObserver observer) {
    Code code = load(program, linkage).code();
    return new InterpretedProgram(this, Observation.of(code, program, observer));
  }

  /** Makes the calls of replaced functions calls of what stands in for them. */
  private static void extend(
      Code code, RunnableProgram program, Map<Integer, InterpretedProgram> replaced) {
    List<Code> extensions = new ArrayList<>();
    for (Map.Entry<Integer, InterpretedProgram> entry : replaced.entrySet()) {
      int start = program.functions().get(entry.getKey()).start();
      for (int i = 0; i < code.op.length; i++) {
        if (code.op[i] == Ops.CALL_LOCAL && code.off[i] == start) {
          code.op[i] = Ops.CALL_EXTENSION;
          code.imm[i] = extensions.size();
        }
      }
      extensions.add(entry.getValue().code());
    }
    code.extensions = extensions.toArray(Code[]::new);
  }

  /**
   * Decodes slots as they are, without a proof that they are safe.
   *
   * @throws dev.skep.errors.MalformedException if a slot is no instruction or a jump leads outside
   * @throws dev.skep.errors.UnsupportedException as {@link #load}
   */
  public UnverifiedProgram loadUnverified(String name, long[] insns, Linkage linkage) {
    int[] frameSizes = Decoder.noFrames(insns.length);
    for (int i = 0; i < insns.length; i++) {
      int code = InsnWord.code(insns[i]);
      int src = InsnWord.src(insns[i]);
      boolean reference =
          code == CALL_CODE && src == PSEUDO_CALL || code == LD_IMM64 && src == PSEUDO_FUNC;
      long start = (long) i + 1 + InsnWord.imm(insns[i]);
      if (reference && start >= 0 && start < insns.length) {
        frameSizes[(int) start] = UNVERIFIED_FRAME;
      }
    }
    if (insns.length > 0) {
      frameSizes[0] = UNVERIFIED_FRAME;
    }
    Code code =
        Decoder.decode(
            name, false, insns, frameSizes, List.of(), TailCallDialect.LINUX_6_18, linkage);
    return new UnverifiedProgram(this, code);
  }

  long run(Cpu cpu, Code code, long r1, long r2) {
    return execution(cpu).run(cpu, code, r1, r2);
  }

  long call(Cpu cpu, Code code, long function, long r1, long r2, long r3) {
    return execution(cpu).call(cpu, code, function, r1, r2, r3);
  }

  private Execution execution(Cpu cpu) {
    Execution execution = executions[cpu.index()];
    return execution == null ? create(cpu) : execution;
  }

  /** The holder of a CPU makes its execution; the next holder sees what this one did. */
  private Execution create(Cpu cpu) {
    Stack stack = new Stack();
    Execution execution = new Execution(machine.addressSpace(), programs, cpu, stack);
    cpu.stack((address, bytes) -> address >= stack.start && address <= stack.end - bytes);
    stacks[cpu.index()] = stack;
    executions[cpu.index()] = execution;
    return execution;
  }

  /** Frees the stacks; nothing may run. */
  @Override
  public void close() {
    for (int i = 0; i < stacks.length; i++) {
      Stack stack = stacks[i];
      if (stack != null) {
        stack.close();
      }
      stacks[i] = null;
      executions[i] = null;
    }
  }
}
