package dev.skep.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The increments of bench/native/thread-local.c. */
final class NativeIncrements {
  private final MethodHandle increment;

  /**
   * @param library bench/native/thread-local.so
   * @param kind "thread_local" or "pointer"
   */
  @SuppressWarnings("restricted") // the signature is that of the source beside the library
  NativeIncrements(Path library, String kind) {
    var function =
        SymbolLookup.libraryLookup(library, Arena.global()).find("increment_" + kind).orElseThrow();
    ValueLayout.OfLong number = ValueLayout.JAVA_LONG;
    increment =
        Linker.nativeLinker()
            .downcallHandle(function, FunctionDescriptor.of(number, number, number));
  }

  /** Nanoseconds per run of that many increments. */
  double nanos(int units, int times) {
    long start = System.nanoTime();
    long made;
    try {
      made = (long) increment.invokeExact((long) units, (long) times);
    } catch (Throwable thrown) {
      throw new AssertionError("a C function threw", thrown);
    }
    long nanos = System.nanoTime() - start;
    if (made != (long) units * times) {
      throw new IllegalStateException("increments that C has made: " + made);
    }
    return (double) nanos / times;
  }
}
