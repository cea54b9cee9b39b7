package dev.skep.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The chains of bench/native/tail-chain.c. */
final class NativeChain {
  private final MethodHandle chain;

  /**
   * @param library bench/native/tail-chain.so
   * @param kind "direct" or "indirect"
   */
  @SuppressWarnings("restricted") // the signature is that of the source beside the library
  NativeChain(Path library, String kind) {
    var function =
        SymbolLookup.libraryLookup(library, Arena.global()).find("chain_" + kind).orElseThrow();
    ValueLayout.OfLong number = ValueLayout.JAVA_LONG;
    chain =
        Linker.nativeLinker()
            .downcallHandle(function, FunctionDescriptor.of(number, number, number));
  }

  /** Nanoseconds per run. */
  double nanos(int hops, int times) {
    long start = System.nanoTime();
    long sum;
    try {
      sum = (long) chain.invokeExact((long) hops, (long) times);
    } catch (Throwable thrown) {
      throw new AssertionError("a C function threw", thrown);
    }
    long nanos = System.nanoTime() - start;
    if (sum != (long) TailCallText.RESULT * times) {
      throw new IllegalStateException("results of the native chain add up to " + sum);
    }
    return (double) nanos / times;
  }
}
