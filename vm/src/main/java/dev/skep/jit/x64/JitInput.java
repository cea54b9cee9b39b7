package dev.skep.jit.x64;

import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.rewrite.PokeDescriptor;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * What the emitter reads, without the proof of verification that a {@link RunnableProgram} is.
 *
 * @param insns as {@link RunnableProgram#insns}
 * @param tailCalls what the imm of a tail call holds
 * @param maps what indexes of maps refer to
 * @param indexFits as {@link RunnableProgram#tailCallIndexFits}
 * @param arenaKernelStart address of the arena, meaningful with {@code hasArena}
 * @param userVmStart the arena's address in user space
 */
record JitInput(
    long[] insns,
    List<RunnableProgram.Function> functions,
    List<PokeDescriptor> pokes,
    TailCallDialect tailCalls,
    List<MapSpec> maps,
    IntPredicate indexFits,
    boolean hasArena,
    long arenaKernelStart,
    long userVmStart) {
  /** Stands for the address of an arena until it is known; it is as long as any. */
  private static final long VMALLOC_START = 0xffffc900_0000_0000L;

  /** A program without maps: a tail call that needs to know one cannot be compiled. */
  JitInput(
      long[] insns,
      List<RunnableProgram.Function> functions,
      List<PokeDescriptor> pokes,
      TailCallDialect tailCalls,
      boolean hasArena,
      long arenaKernelStart,
      long userVmStart) {
    this(
        insns,
        functions,
        pokes,
        tailCalls,
        List.of(),
        insn -> false,
        hasArena,
        arenaKernelStart,
        userVmStart);
  }

  static JitInput of(RunnableProgram program) {
    MapSpec arena = null;
    for (MapSpec map : program.program().maps()) {
      arena = map.type() == MapType.ARENA ? map : arena;
    }
    return new JitInput(
        program.insns(),
        program.functions(),
        program.pokes(),
        program.tailCalls(),
        program.program().maps(),
        program::tailCallIndexFits,
        arena != null,
        VMALLOC_START,
        arena == null ? 0 : arena.extra());
  }

  /**
   * The size of a program array, unsigned.
   *
   * @param map index that a tail call holds
   * @throws IllegalStateException if the program has no such array: an imm that no rewrite made
   */
  int maxEntries(int map) {
    if (map >= maps.size()) {
      throw new IllegalStateException(
          "tail call through map " + map + " of a program with " + maps.size() + " maps");
    }
    MapSpec spec = maps.get(map);
    if (spec.type() != MapType.PROG_ARRAY) {
      throw new IllegalStateException("tail call through map " + map + ", a " + spec.type());
    }
    return spec.maxEntries();
  }

  /**
   * Index of the function that starts at an instruction, or -1: of a callback that is never called
   * nothing is left.
   */
  int functionAt(int insn) {
    for (int i = 0; i < functions.size(); i++) {
      if (functions.get(i).start() == insn) {
        return i;
      }
    }
    return -1;
  }
}
