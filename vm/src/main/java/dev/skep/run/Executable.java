package dev.skep.run;

import dev.skep.jit.MachineCode;
import dev.skep.jit.x64.BatchLayout;
import dev.skep.machine.Cpu;
import dev.skep.map.PokeUser;
import dev.skep.natives.Memory;
import dev.skep.program.layout.XdpBuffLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A program's code, as one of the engines made it. */
interface Executable {
  /**
   * Runs it once.
   *
   * @param cpu which the caller holds
   * @param context address of the context structure
   * @return R0
   */
  long run(Cpu cpu, long context);

  /**
   * Calls one of its functions outside of a run.
   *
   * @param cpu which the caller holds
   * @param function its address, as the program loads it
   */
  long call(Cpu cpu, long function, long r1, long r2, long r3);

  /** Runs it {@code times} times with the same context, at least once: R0 of the last run. */
  default long run(Cpu cpu, long context, int times) {
    long result = run(cpu, context);
    for (int i = 1; i < times; i++) {
      result = run(cpu, context);
    }
    return result;
  }

  /**
   * Runs it once per XDP packet, in order.
   *
   * @param buff struct xdp_buff, whose packet pointers are set for each
   * @param items address of {@code count} XDP items of {@link BatchLayout}, at least one; results
   *     come back in them
   */
  default void runPackets(Cpu cpu, long buff, long items, int count) {
    for (int i = 0; i < count; i++) {
      long item = items + (long) i * BatchLayout.XDP_SIZE;
      long data = Memory.getLong(item + BatchLayout.XDP_DATA);
      Memory.putLong(buff + XdpBuffLayout.DATA, data);
      Memory.putLong(
          buff + XdpBuffLayout.DATA_END, Memory.getLong(item + BatchLayout.XDP_DATA_END));
      Memory.putLong(
          buff + XdpBuffLayout.DATA_META, Memory.getLong(item + BatchLayout.XDP_DATA_META));
      Memory.putLong(buff + XdpBuffLayout.DATA_HARD_START, data - XdpContext.HEADROOM);
      Memory.putInt(item + BatchLayout.XDP_RETVAL, (int) run(cpu, buff));
    }
  }

  /**
   * Runs it once per item, each with a context of its own.
   *
   * @param items address of {@code count} items of {@link BatchLayout}, at least one; results come
   *     back in them
   */
  default void runContexts(Cpu cpu, long items, int count) {
    for (int i = 0; i < count; i++) {
      long item = items + (long) i * BatchLayout.ITEM_SIZE;
      long retval = run(cpu, Memory.getLong(item + BatchLayout.ITEM_CTX));
      Memory.putInt(item + BatchLayout.ITEM_RETVAL, (int) retval);
    }
  }

  /** Address of the machine code, or 0. */
  long entry();

  /** Where tail calls enter the machine code, or 0. */
  long tailCallEntry();

  /** The direct tail calls of its code: one entry per program array that they go through. */
  default List<Pokes> pokes() {
    return List.of();
  }

  /**
   * Direct tail calls into one program array.
   *
   * @param map index of the array among the program's maps
   */
  record Pokes(int map, PokeUser user) {}

  /** The machine code as it is now, or null where the program is interpreted. */
  default @Nullable MachineCode code() {
    return null;
  }

  /** Bytes of machine code; 0 where the program is interpreted. */
  default int codeBytes() {
    return 0;
  }

  /** Frees the code; nobody runs it, and no change of a program array touches it. */
  void free();
}
