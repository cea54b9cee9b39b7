package dev.skep.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CodeSpaceTest {
  /** lea rax,[rdi+rsi]; ret. */
  private static final byte[] ADD = HexFormat.of().parseHex("488d0437c3");

  @BeforeEach
  void needsX64() {
    Assumptions.assumeTrue(CpuFeatures.host().x64(), "machine code of x86-64 Linux");
  }

  @Test
  void codeRunsFromBothKindsOfCall() throws Throwable {
    try (CodeSpace space = new CodeSpace()) {
      long add = space.allocate(ADD.length);
      assertThat(add % 64).isZero();
      space.write(add, ADD, ADD.length);
      for (boolean critical : new boolean[] {true, false}) {
        MethodHandle call = NativeCode.caller(2, critical);
        assertThat((long) call.invokeExact(MemorySegment.ofAddress(add), 40L, 2L)).isEqualTo(42);
      }
    }
  }

  @Test
  void noViewIsWritableAndExecutable() throws IOException {
    try (CodeSpace space = new CodeSpace()) {
      space.allocate(100_000);
      List<String> views =
          Files.readAllLines(Path.of("/proc/self/maps")).stream()
              .filter(line -> line.contains("skep-text"))
              .toList();
      assertThat(views).hasSizeGreaterThanOrEqualTo(2);
      assertThat(views).anyMatch(line -> line.contains(" r-xs "));
      assertThat(views).noneMatch(line -> line.contains(" rwx"));
    }
  }

  @Test
  void patchedCodeIsSeen() throws Throwable {
    try (CodeSpace space = new CodeSpace()) {
      byte[] constant = HexFormat.of().parseHex("909090b801000000c3"); // mov eax,1; ret
      long code = space.allocate(constant.length);
      space.write(code, constant, constant.length);
      MethodHandle call = NativeCode.caller(0, true);
      assertThat((long) call.invokeExact(MemorySegment.ofAddress(code))).isEqualTo(1);
      assertThat(space.replaceInt(code + 4, 2)).isEqualTo(1);
      CodeSpace.synchronizeCores();
      assertThat((long) call.invokeExact(MemorySegment.ofAddress(code))).isEqualTo(2);
    }
  }

  @Test
  void codeIsPatchedWhileItRuns() throws Throwable {
    try (CodeSpace space = new CodeSpace()) {
      byte[] constant = HexFormat.of().parseHex("909090b801000000c3"); // mov eax,1; ret
      long code = space.allocate(constant.length);
      space.write(code, constant, constant.length);
      AtomicBoolean stop = new AtomicBoolean();
      Thread patcher =
          Thread.ofPlatform()
              .start(() -> {
                for (int value = 2; !stop.get(); value = 3 - value) {
                  space.replaceInt(code + 4, value);
                  CodeSpace.synchronizeCores();
                }
              });
      MethodHandle call = NativeCode.caller(0, true);
      MemorySegment entry = MemorySegment.ofAddress(code);
      int[] seen = new int[3];
      for (int i = 0; i < 2_000_000; i++) {
        seen[(int) (long) call.invokeExact(entry)]++;
      }
      stop.set(true);
      patcher.join();
      assertThat(seen[0]).isZero();
      assertThat(seen[1] + seen[2]).isEqualTo(2_000_000);
    }
  }

  @Test
  void freedRoomIsFilledWithBreakpointsAndReused() {
    try (CodeSpace space = new CodeSpace()) {
      long code = space.allocate(5);
      space.write(code, ADD, ADD.length);
      space.free(code);
      assertThat(Memory.getByte(code)).isEqualTo((byte) 0xcc);
      assertThat(space.usedBytes()).isZero();
      assertThat(space.allocate(5)).isEqualTo(code);
      assertThatThrownBy(() -> space.write(code, new byte[100], 100))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void javaIsCalledBack() throws Throwable {
    MethodHandle times =
        MethodHandles.lookup()
            .findStatic(
                CodeSpaceTest.class,
                "times",
                MethodType.methodType(long.class, long.class, long.class));
    try (Arena arena = Arena.ofConfined()) {
      long stub = NativeCode.upcall(times, arena);
      assertThat(
              (long) NativeCode.caller(2, false).invokeExact(MemorySegment.ofAddress(stub), 6L, 7L))
          .isEqualTo(42);
    }
  }

  static long times(long a, long b) {
    return a * b;
  }
}
