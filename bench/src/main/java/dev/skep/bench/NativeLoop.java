package dev.skep.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.function.LongBinaryOperator;

/** A function of bench/native that does so many units of work so many times. */
final class NativeLoop {
  private final MethodHandle function;
  private final LongBinaryOperator expected;

  /**
   * @param library bench/native/*.so
   * @param name of the function, {@code long name(long units, long times)}
   * @param expected what it gives for units and times
   */
  @SuppressWarnings("restricted") // the signature is that of the source beside the library
  NativeLoop(Path library, String name, LongBinaryOperator expected) {
    var symbol = SymbolLookup.libraryLookup(library, Arena.global()).find(name).orElseThrow();
    ValueLayout.OfLong number = ValueLayout.JAVA_LONG;
    function =
        Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(number, number, number));
    this.expected = expected;
  }

  /** Nanoseconds per time. */
  double nanos(int units, int times) {
    long start = System.nanoTime();
    long result;
    try {
      result = (long) function.invokeExact((long) units, (long) times);
    } catch (Throwable thrown) {
      throw new AssertionError("a C function threw", thrown);
    }
    long nanos = System.nanoTime() - start;
    if (result != expected.applyAsLong(units, times)) {
      throw new IllegalStateException("result of the native loop: " + result);
    }
    return (double) nanos / times;
  }
}
