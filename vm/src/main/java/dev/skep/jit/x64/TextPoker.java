package dev.skep.jit.x64;

import dev.skep.errors.Errno;
import dev.skep.natives.CodeSpace;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Replaces jumps in code that runs, at any alignment and without stopping anyone: the kernel's
 * text_poke_bp, which is what Intel asks of cross-modifying code.
 *
 * <pre>
 *            byte 0   1  2  3  4
 *   nop5     0f      1f 44 00 00      and then all cores
 *   1.       cc      1f 44 00 00      threads that come by are served by {@link PokeTrap}
 *   2.       cc      d0 d1 d2 d3
 *   3.       e9      d0 d1 d2 d3      jmp rel32
 * </pre>
 *
 * One for each text; patches of all texts happen one after the other.
 */
final class TextPoker implements AutoCloseable {
  /** Bytes of what is replaced (X86_PATCH_SIZE). */
  static final int PATCH_SIZE = 5;

  /** In place of a target: the site is, or becomes, a nop. */
  static final long NOP = 0;

  private static final byte[] NOP5 = {0x0f, 0x1f, 0x44, 0, 0};
  private static final byte[] BREAKPOINT = {(byte) 0xcc};
  private static final int JUMP = 0xe9;

  /** The kernel's text_mutex. */
  private static final Object TEXT_MUTEX = new Object();

  private final CodeSpace space;
  private final PokeTrap trap = PokeTrap.instance();
  private final long range;

  /** Makes a text patchable; takes the signal handler into use. */
  TextPoker(CodeSpace space) {
    this.space = space;
    trap.install();
    range = trap.remember(space.start(), space.end());
  }

  /**
   * Turns a jump or nop into another (bpf_arch_text_poke with BPF_MOD_JUMP).
   *
   * @param site address of its first byte
   * @param from where it leads now, or {@link #NOP}
   * @param to where it shall lead, or {@link #NOP}
   * @return 0; 1 when it is so already; -EBUSY when the site holds something else than {@code
   *     from}; -ERANGE when a target is out of reach
   */
  int poke(long site, long from, long to) {
    byte[] expected = encode(site, from);
    byte[] wanted = encode(site, to);
    if (expected == null || wanted == null) {
      return -Errno.ERANGE;
    }
    synchronized (TEXT_MUTEX) {
      if (!Arrays.equals(space.read(site, PATCH_SIZE), expected)) {
        return -Errno.EBUSY;
      }
      if (Arrays.equals(expected, wanted)) {
        return 1;
      }
      replace(site, wanted, to == NOP ? site + PATCH_SIZE : to);
      return 0;
    }
  }

  /** The bytes of code, without the breakpoint of a patch that is under way. */
  static byte[] read(CodeSpace space, long address, int length) {
    synchronized (TEXT_MUTEX) {
      return space.read(address, length);
    }
  }

  private void replace(long site, byte[] wanted, long resume) {
    trap.install();
    trap.publish(site, resume);
    space.store(site, BREAKPOINT, 0, 1);
    CodeSpace.synchronizeCores();
    space.store(site + 1, wanted, 1, PATCH_SIZE);
    CodeSpace.synchronizeCores();
    space.store(site, wanted, 0, 1);
    CodeSpace.synchronizeCores();
    trap.withdraw();
  }

  private static byte @Nullable [] encode(long site, long target) {
    if (target == NOP) {
      return NOP5;
    }
    long distance = target - (site + PATCH_SIZE);
    if (distance != (int) distance) {
      return null;
    }
    CodeBuffer code = new CodeBuffer();
    code.put1(JUMP);
    code.put4((int) distance);
    return code.copy();
  }

  /** Its text goes: nothing of it runs. */
  @Override
  public void close() {
    trap.forget(range);
  }
}
