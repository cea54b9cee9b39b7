package dev.skep.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** Calls between Java and machine code: all arguments and results are longs in registers. */
public final class NativeCode {
  private NativeCode() {}

  /**
   * A handle of type {@code (MemorySegment code, long...) -> long} that calls code with the C
   * calling convention.
   *
   * @param arguments how many longs follow the code's address
   * @param critical whether the call skips the thread state change: it must be short, and no upcall
   *     may be reachable from it
   */
  // The caller of the handle proves what is at the address.
  @SuppressWarnings("restricted")
  public static MethodHandle caller(int arguments, boolean critical) {
    FunctionDescriptor longs = Libc.descriptor(arguments);
    return critical
        ? Linker.nativeLinker().downcallHandle(longs, Linker.Option.critical(false))
        : Linker.nativeLinker().downcallHandle(longs);
  }

  /**
   * Machine code that calls back into Java.
   *
   * @param target takes longs and gives a long; it must not throw (that would end the JVM)
   * @param arena owns the code
   * @return its address
   */
  // The target's type is checked against the descriptor, its lifetime is the arena's.
  @SuppressWarnings("restricted")
  public static long upcall(MethodHandle target, Arena arena) {
    MemoryLayout[] longs = new MemoryLayout[target.type().parameterCount()];
    Arrays.fill(longs, ValueLayout.JAVA_LONG);
    FunctionDescriptor descriptor = FunctionDescriptor.of(ValueLayout.JAVA_LONG, longs);
    return Linker.nativeLinker().upcallStub(target, descriptor, arena).address();
  }

  /** The address of a function of the C library. */
  public static long function(String name) {
    return Libc.address(name).address();
  }
}
