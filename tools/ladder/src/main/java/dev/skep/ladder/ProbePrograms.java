package dev.skep.ladder;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelMap;
import dev.skep.linux.KernelVerdict;
import dev.skep.linux.ProgramInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;

/** The programs of {@link ProbeImages}. */
final class ProbePrograms {
  /** What the programs return: no other part of their code looks like it. */
  static final int CONSTANT = 0x5bd1e995;

  private static final int LDX_W = Opcodes.LDX | Opcodes.MEM | Opcodes.W;
  private static final int ST_DW = Opcodes.ST | Opcodes.MEM | Opcodes.DW;
  private static final int LSH64_X = Opcodes.ALU64 | Opcodes.LSH | Opcodes.X;
  private static final int TAIL_CALL = 12;
  private static final int KTIME_GET_NS = 5;
  private static final int GET_SMP_PROCESSOR_ID = 8;
  private static final long EXIT = InsnWord.of(Opcodes.EXIT_CODE, 0, 0, 0, 0);

  private ProbePrograms() {}

  static Program exit() {
    return program(set(0, CONSTANT), EXIT);
  }

  static Program shift() {
    return program(set(0, 1), set(2, 3), InsnWord.of(LSH64_X, 0, 2, 0, 0), EXIT);
  }

  static Program call() {
    return program(call(KTIME_GET_NS), EXIT);
  }

  static Program variableTailCall() {
    return tailCall(InsnWord.of(LDX_W, 3, 1, 0, 0));
  }

  static Program constantTailCall() {
    return tailCall(set(3, 0));
  }

  static Program privateStack() {
    long store = InsnWord.of(ST_DW, 10, 0, -64, 0);
    return program(ProgramType.KPROBE, List.of(), store, set(0, CONSTANT), EXIT);
  }

  static Program cpuNumber() {
    return program(call(GET_SMP_PROCESSOR_ID), EXIT);
  }

  private static Program tailCall(long key) {
    return program(
        ProgramType.SCHED_CLS,
        List.of(MapSpec.of("slots", MapType.PROG_ARRAY, 4, 4, 4, 0)),
        key,
        InsnWord.of(Opcodes.LD_IMM64, 2, Opcodes.PSEUDO_MAP_FD, 0, 0),
        0,
        call(TAIL_CALL),
        set(0, CONSTANT),
        EXIT);
  }

  private static Program program(long... insns) {
    return program(ProgramType.SCHED_CLS, List.of(), insns);
  }

  private static Program program(ProgramType type, List<MapSpec> maps, long... insns) {
    return Program.of("layout", type, "GPL", insns, maps);
  }

  private static long set(int register, int value) {
    return InsnWord.of(Opcodes.MOV64_K, register, 0, 0, value);
  }

  private static long call(int helper) {
    return InsnWord.of(Opcodes.CALL_CODE, 0, 0, 0, helper);
  }

  /** The code that the kernel makes of one; empty when it is refused, or without a JIT. */
  static byte[] image(KernelEngine kernel, Program program) {
    List<KernelMap> maps = program.maps().stream().map(kernel::createMap).toList();
    try (KernelVerdict verdict = kernel.judge(program, maps, 0)) {
      return verdict.program() == null ? new byte[0] : shown(verdict.program().info());
    } catch (UnsupportedException missing) {
      return new byte[0];
    } finally {
      maps.forEach(KernelMap::close);
    }
  }

  /** The kernel leaves the buffer as it is for those who may not see addresses. */
  private static byte[] shown(ProgramInfo info) {
    for (byte b : info.jited()) {
      if (b != 0) {
        return info.jited();
      }
    }
    return new byte[0];
  }
}
