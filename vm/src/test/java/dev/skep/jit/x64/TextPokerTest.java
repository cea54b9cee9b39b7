package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.Errno;
import dev.skep.natives.CodeSpace;
import dev.skep.natives.CpuFeatures;
import dev.skep.natives.NativeCode;
import dev.skep.testing.Check;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Live code is replaced under threads that run it, and never seen half done. */
class TextPokerTest {
  /** Times the site is toggled under load; a longer run by -Dskep.poke.rounds. */
  private static final int ROUNDS = Integer.getInteger("skep.poke.rounds", 5_000);

  private static final int LOOPS = 1000;

  @SuppressWarnings("NullAway.Init")
  private CodeSpace space;

  @SuppressWarnings("NullAway.Init")
  private TextPoker poker;

  @BeforeEach
  void open() {
    Assumptions.assumeTrue(CpuFeatures.host().x64(), "machine code of x86-64 Linux");
    space = new CodeSpace(1 << 20);
    poker = new TextPoker(space);
  }

  @AfterEach
  void close() {
    if (space != null) {
      poker.close();
      space.close();
    }
  }

  /** Code around a nop at offset {@code before}, in a room of its own. */
  private long place(int before, String hex) {
    byte[] code = HexFormat.of().parseHex("90".repeat(before) + hex.replace(" ", ""));
    long address = space.allocate(code.length);
    space.write(address, code, code.length);
    return address;
  }

  private String bytes(long site) {
    return HexFormat.of().formatHex(space.read(site, 5));
  }

  private static long call(MethodHandle caller, long address) throws Throwable {
    return (long) caller.invokeExact(MemorySegment.ofAddress(address));
  }

  @Test
  @Check(89)
  void theContractOfPoke() {
    long site = place(3, "0f1f440000 c3") + 3;
    assertThat(poker.poke(site, TextPoker.NOP, TextPoker.NOP)).isEqualTo(1);
    assertThat(poker.poke(site, site + 100, site + 200)).isEqualTo(-Errno.EBUSY);
    assertThat(poker.poke(site, TextPoker.NOP, site + 5 + (1L << 31))).isEqualTo(-Errno.ERANGE);
    assertThat(poker.poke(site, TextPoker.NOP, site + 4 - (1L << 31))).isEqualTo(-Errno.ERANGE);
    assertThat(poker.poke(site, site + (1L << 40), site)).isEqualTo(-Errno.ERANGE);
    assertThat(bytes(site)).isEqualTo("0f1f440000");
    assertThat(poker.poke(site, TextPoker.NOP, site + 4 + (1L << 31))).isZero();
    assertThat(bytes(site)).isEqualTo("e9ffffff7f");
    assertThat(poker.poke(site, TextPoker.NOP, site + 20)).isEqualTo(-Errno.EBUSY);
    assertThat(bytes(site)).isEqualTo("e9ffffff7f");
    assertThat(poker.poke(site, site + 4 + (1L << 31), site)).isZero();
    assertThat(bytes(site)).isEqualTo("e9fbffffff");
    assertThat(poker.poke(site, site, TextPoker.NOP)).isZero();
    assertThat(bytes(site)).isEqualTo("0f1f440000");
  }

  @Test
  void theSiteLeadsWhereItWasPoked() throws Throwable {
    MethodHandle call = NativeCode.caller(0, true);
    for (int before = 0; before < 64; before++) {
      // nop5; mov eax,1; ret; mov eax,2; ret
      long code = place(before, "0f1f440000 b801000000 c3 b802000000 c3");
      long site = code + before;
      assertThat(call(call, code)).isEqualTo(1);
      assertThat(poker.poke(site, TextPoker.NOP, site + 11)).isZero();
      assertThat(call(call, code)).isEqualTo(2);
      assertThat(poker.poke(site, site + 11, TextPoker.NOP)).isZero();
      assertThat(call(call, code)).isEqualTo(1);
    }
  }

  /**
   * Two threads run in a loop through a nop that becomes a jump over the counting, and back, at an
   * offset that crosses cache lines.
   */
  @Test
  void runnersNeverSeeHalfAPatch() throws Exception {
    // mov ecx,1000; xor eax,eax; site: nop5; add rax,1; add rax,0x10000000; dec ecx; jne site; ret
    int before = 64 - 7 - 2;
    long code = place(before, "b9e8030000 31c0 0f1f440000 4883c001 480500000010 ffc9 75ed c3");
    long site = code + before + 7;
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong wrong = new AtomicLong();
    AtomicLong counted = new AtomicLong();
    Thread[] runners = new Thread[2];
    for (int i = 0; i < runners.length; i++) {
      // One as programs without upcalls are entered, one as the others are.
      MethodHandle call = NativeCode.caller(0, i == 0);
      runners[i] = Thread.ofPlatform().start(() -> run(call, code, stop, wrong, counted));
    }
    long over = site + 5 + 4 + 6;
    for (int i = 0; i < ROUNDS; i++) {
      assertThat(poker.poke(site, TextPoker.NOP, over)).isZero();
      assertThat(poker.poke(site, over, TextPoker.NOP)).isZero();
    }
    stop.set(true);
    for (Thread runner : runners) {
      runner.join();
    }
    assertThat(wrong).hasValue(0);
    assertThat(counted.get()).isPositive();
  }

  private static void run(
      MethodHandle call, long code, AtomicBoolean stop, AtomicLong wrong, AtomicLong counted) {
    try {
      while (!stop.get()) {
        long result = call(call, code);
        // Both additions of a turn, or none.
        long turns = result >> 28;
        if (turns < 0 || turns > LOOPS || (result & 0xfffffff) != turns) {
          wrong.incrementAndGet();
        }
        counted.addAndGet(turns);
      }
    } catch (Throwable thrown) {
      wrong.incrementAndGet();
    }
  }
}
