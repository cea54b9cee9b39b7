package dev.skep.jit.x64;

import dev.skep.natives.CodeSpace;
import dev.skep.natives.Memory;
import dev.skep.natives.SignalAction;

/**
 * What threads do that run into the breakpoint which {@link TextPoker} puts over an instruction
 * while it replaces it: the handler of SIGTRAP (the kernel's smp_text_poke_int3_handler).
 *
 * <p>There is one for the process, for all runtimes together, from the first program with patched
 * jumps on; it stays when they close. Breakpoints that are not of a patch go to the handler that
 * was there before, or, where the default was, end the process as they would have.
 */
final class PokeTrap {
  private static final long TEXT_BYTES = 1 << 16;
  private static final long FLAGS =
      SignalAction.SA_SIGINFO
          | SignalAction.SA_ONSTACK
          | SignalAction.SA_NODEFER
          | SignalAction.SA_RESTART
          | SignalAction.SA_RESTORER;

  private static final class Holder {
    static final PokeTrap TRAP = new PokeTrap();
  }

  private final long words;
  private final long handler;
  private final long restorer;

  private PokeTrap() {
    // Both live as long as the process: a signal may come at any time.
    words = Memory.allocate(PokeTrapRoutine.SIZE);
    CodeSpace space = new CodeSpace(TEXT_BYTES);
    handler = place(space, PokeTrapRoutine.handler(words));
    restorer = place(space, PokeTrapRoutine.restorer());
  }

  private static long place(CodeSpace space, byte[] code) {
    long address = space.allocate(code.length);
    space.write(address, code, code.length);
    return address;
  }

  /** The process's one, which is not in place before {@link #install}. */
  static PokeTrap instance() {
    return Holder.TRAP;
  }

  /**
   * Makes sure that the handler is the action of SIGTRAP: somebody may have taken the place. Called
   * before each patch, in which one system call does not count.
   */
  synchronized void install() {
    SignalAction present = SignalAction.of(SignalAction.SIGTRAP);
    if (present.handler() != handler) {
      Memory.putLongVolatile(words + PokeTrapRoutine.PREVIOUS, present.handler());
      new SignalAction(handler, FLAGS, restorer, present.mask()).install(SignalAction.SIGTRAP);
    }
  }

  /**
   * Tells the range in which patches will be.
   *
   * @return what {@link #forget} takes
   */
  synchronized long remember(long start, long end) {
    long first = Memory.getLong(words + PokeTrapRoutine.RANGES);
    for (long range = first;
        range != 0;
        range = Memory.getLong(range + PokeTrapRoutine.RANGE_NEXT)) {
      if (Memory.getLong(range + PokeTrapRoutine.RANGE_END) == 0) {
        fill(range, start, end);
        return range;
      }
    }
    // Never freed, but used again: a handler may be looking.
    long range = Memory.allocate(PokeTrapRoutine.RANGE_SIZE);
    Memory.putLong(range + PokeTrapRoutine.RANGE_NEXT, first);
    fill(range, start, end);
    Memory.putLongVolatile(words + PokeTrapRoutine.RANGES, range);
    return range;
  }

  private static void fill(long range, long start, long end) {
    Memory.putLongVolatile(range + PokeTrapRoutine.RANGE_START, start);
    Memory.putLongVolatile(range + PokeTrapRoutine.RANGE_END, end);
  }

  /** The range is no text any more; no thread is in it. */
  synchronized void forget(long range) {
    Memory.putLongVolatile(range + PokeTrapRoutine.RANGE_END, 0);
  }

  /** From here on a breakpoint at {@code site} leads to {@code resume}; one at a time. */
  void publish(long site, long resume) {
    Memory.putLongVolatile(words + PokeTrapRoutine.RESUME, resume);
    Memory.putLongVolatile(words + PokeTrapRoutine.SITE, site);
    Memory.getAndAddLong(words + PokeTrapRoutine.SEQUENCE, 1);
  }

  /** The breakpoint is gone from memory and from all cores. */
  void withdraw() {
    Memory.putLongVolatile(words + PokeTrapRoutine.SITE, 0);
    Memory.getAndAddLong(words + PokeTrapRoutine.SEQUENCE, 1);
  }
}
