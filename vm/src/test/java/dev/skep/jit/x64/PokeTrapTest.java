package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.natives.CodeSpace;
import dev.skep.natives.CpuFeatures;
import dev.skep.natives.Memory;
import dev.skep.natives.NativeCode;
import dev.skep.natives.SignalAction;
import dev.skep.natives.Syscalls;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the handler of breakpoints does with each kind of them. */
class PokeTrapTest {
  private static final int SI_CODE = 8;
  private static final int SI_KERNEL = 0x80;
  private static final int SI_USER = 0;
  private static final int RIP = 168;
  private static final String BREAKPOINT = "cc";

  private static final long SYS_GETPID = 39;
  private static final long SYS_GETTID = 186;
  private static final long SYS_TGKILL = 234;

  @SuppressWarnings("NullAway.Init")
  private CodeSpace space;

  private long words;
  private long info;
  private long context;
  private long range;
  private long handler;

  @BeforeEach
  void open() {
    Assumptions.assumeTrue(CpuFeatures.host().x64(), "machine code of x86-64 Linux");
    space = new CodeSpace(1 << 16);
    words = Memory.allocate(PokeTrapRoutine.SIZE);
    info = Memory.allocate(128);
    context = Memory.allocate(1024);
    range = Memory.allocate(PokeTrapRoutine.RANGE_SIZE);
    handler = place(HexFormat.of().formatHex(PokeTrapRoutine.handler(words)));
    Memory.putInt(info + SI_CODE, SI_KERNEL);
    Memory.putLong(range + PokeTrapRoutine.RANGE_START, space.start());
    Memory.putLong(range + PokeTrapRoutine.RANGE_END, space.end());
  }

  @AfterEach
  void close() {
    if (space != null) {
      space.close();
      List.of(words, info, context, range).forEach(Memory::free);
    }
  }

  private long place(String hex) {
    byte[] code = HexFormat.of().parseHex(hex);
    long address = space.allocate(code.length);
    space.write(address, code, code.length);
    return address;
  }

  /** Calls the handler as the kernel does after a breakpoint at {@code site}: rip afterwards. */
  private long trap(long site) throws Throwable {
    Memory.putLong(context + RIP, site + 1);
    MethodHandle call = NativeCode.caller(3, true);
    long ignored = (long) call.invokeExact(MemorySegment.ofAddress(handler), 5L, info, context);
    return Memory.getLong(context + RIP);
  }

  /** Code that stands for the handler before this one: it leaves 7 as rip. */
  private void chain() {
    long previous = place("48c782a800000007000000c3"); // mov qword [rdx+168],7; ret
    Memory.putLong(words + PokeTrapRoutine.PREVIOUS, previous);
  }

  @Test
  void theSiteOfNowGoesOnWhereItLeads() throws Throwable {
    chain();
    long site = place(BREAKPOINT);
    Memory.putLong(words + PokeTrapRoutine.SITE, site);
    Memory.putLong(words + PokeTrapRoutine.RESUME, 42);
    assertThat(trap(site)).isEqualTo(42);
    assertThat(trap(site + 1)).isEqualTo(7);
  }

  @Test
  void aBreakpointThatIsGoneRunsAgain() throws Throwable {
    chain();
    Memory.putLong(words + PokeTrapRoutine.RANGES, range);
    long patched = place("90");
    assertThat(trap(patched)).isEqualTo(patched);
    // One that stays is someone's own.
    assertThat(trap(place(BREAKPOINT))).isEqualTo(7);
  }

  @Test
  void allRangesAreLookedThrough() throws Throwable {
    chain();
    long site = place("90");
    long other = Memory.allocate(PokeTrapRoutine.RANGE_SIZE);
    try {
      Memory.putLong(words + PokeTrapRoutine.RANGES, other);
      Memory.putLong(other + PokeTrapRoutine.RANGE_NEXT, range);
      assertThat(trap(site)).isEqualTo(site);
      Memory.putLong(other + PokeTrapRoutine.RANGE_START, site + 1);
      Memory.putLong(other + PokeTrapRoutine.RANGE_END, site + 2);
      assertThat(trap(site)).isEqualTo(site);
      Memory.putLong(range + PokeTrapRoutine.RANGE_END, 0);
      assertThat(trap(site)).isEqualTo(7);
    } finally {
      Memory.free(other);
    }
  }

  @Test
  void otherTrapsAreTheFormerHandlers() throws Throwable {
    chain();
    long site = place(BREAKPOINT);
    assertThat(trap(site)).isEqualTo(7); // no text of ours
    Memory.putLong(words + PokeTrapRoutine.SITE, site);
    Memory.putInt(info + SI_CODE, SI_USER);
    assertThat(trap(site)).isEqualTo(7); // sent by someone
  }

  @Test
  void sentSignalsMayBeIgnored() throws Throwable {
    Memory.putLong(words + PokeTrapRoutine.PREVIOUS, SignalAction.IGNORE);
    Memory.putInt(info + SI_CODE, SI_USER);
    assertThat(trap(1000)).isEqualTo(1001);
  }

  @Test
  void theRangesOfClosedTextAreUsedAgain() {
    PokeTrap trap = PokeTrap.instance();
    long first = trap.remember(1, 2);
    trap.forget(first);
    assertThat(trap.remember(3, 4)).isEqualTo(first);
    trap.forget(first);
  }

  /** With the handler in place, what would have ended the process still does. */
  @ParameterizedTest
  @ValueSource(strings = {"breakpoint", "sent", "none", "replaced"})
  void theDefaultStaysTheDefault(String what) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xint",
                "-XX:-CreateCoredumpOnCrash",
                "-cp",
                classPath(),
                Victim.class.getName(),
                what)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    int killedBySigtrap = 128 + SignalAction.SIGTRAP;
    assertThat(process.waitFor())
        .isEqualTo(what.equals("breakpoint") || what.equals("sent") ? killedBySigtrap : 0);
  }

  private static String classPath() {
    return String.join(
        File.pathSeparator,
        System.getProperty("java.class.path"),
        System.getProperty("jdk.module.path", ""),
        Path.of("target/classes").toAbsolutePath().toString(),
        Path.of("target/test-classes").toAbsolutePath().toString());
  }

  /** A process that takes the handler into use, uses it, and gets a trap of another kind. */
  static final class Victim {
    private Victim() {}

    public static void main(String[] arguments) throws Throwable {
      CodeSpace space = new CodeSpace(1 << 16);
      byte[] code = HexFormat.of().parseHex("0f1f440000ccc3");
      long address = space.allocate(code.length);
      space.write(address, code, code.length);
      TextPoker poker = new TextPoker(space);
      long end = address + 6;
      require(poker.poke(address, TextPoker.NOP, end) == 0);
      MethodHandle call = NativeCode.caller(0, true);
      long _ = (long) call.invokeExact(MemorySegment.ofAddress(address));
      switch (arguments[0]) {
        case "breakpoint" -> {
          require(poker.poke(address, end, TextPoker.NOP) == 0);
          long _ = (long) call.invokeExact(MemorySegment.ofAddress(address));
        }
        case "sent" -> send();
        case "replaced" -> replaced(poker, address, end);
        default -> {
          // ends by itself
        }
      }
    }

    private static void require(boolean condition) {
      if (!condition) {
        throw new AssertionError("not as expected");
      }
    }

    private static void send() {
      Syscalls host = Syscalls.host();
      host.syscall(
          SYS_TGKILL, host.syscall(SYS_GETPID), host.syscall(SYS_GETTID), SignalAction.SIGTRAP);
    }

    /** Somebody else takes the signal: the next patch takes it back, and hands it on. */
    private static void replaced(TextPoker poker, long address, long end) {
      long count = Memory.allocate(8);
      Routine r = new Routine(); // inc qword [count]
      r.asm.moveImmediate64(Gpr.RAX, count);
      r.asm.aluMemory(AluOp.ADD, 1);
      r.asm.ret();
      byte[] code = r.finish();
      CodeSpace space = new CodeSpace(1 << 16);
      long other = space.allocate(code.length);
      space.write(other, code, code.length);
      SignalAction ours = SignalAction.of(SignalAction.SIGTRAP);
      SignalAction theirs = new SignalAction(other, ours.flags(), ours.restorer(), 0);
      theirs.install(SignalAction.SIGTRAP);
      send();
      require(Memory.getLong(count) == 1);
      require(poker.poke(address, end, TextPoker.NOP) == 0);
      require(SignalAction.of(SignalAction.SIGTRAP).handler() == ours.handler());
      send();
      require(Memory.getLong(count) == 2);
    }
  }
}
