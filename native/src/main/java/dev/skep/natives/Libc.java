package dev.skep.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** Functions of the C library that the JVM is linked with; all numbers and addresses are longs. */
final class Libc {
  static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private Libc() {}

  /** A function that takes {@code arguments} longs and gives a long. */
  static MethodHandle function(String name, int arguments, Linker.Option... options) {
    return downcall(address(name), descriptor(arguments), options);
  }

  /** A function that takes {@code arguments} longs and gives nothing. */
  static MethodHandle procedure(String name, int arguments, Linker.Option... options) {
    return downcall(address(name), descriptor(arguments).dropReturnLayout(), options);
  }

  /** The address of a C library function. */
  static MemorySegment address(String name) {
    return Linker.nativeLinker()
        .defaultLookup()
        .find(name)
        .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no function " + name));
  }

  static FunctionDescriptor descriptor(int arguments) {
    MemoryLayout[] longs = new MemoryLayout[arguments];
    Arrays.fill(longs, ValueLayout.JAVA_LONG);
    return FunctionDescriptor.of(ValueLayout.JAVA_LONG, longs);
  }

  // Every caller of this class names a function of the C library and its true signature.
  @SuppressWarnings("restricted")
  private static MethodHandle downcall(
      MemorySegment function, FunctionDescriptor descriptor, Linker.Option... options) {
    return Linker.nativeLinker().downcallHandle(function, descriptor, options);
  }

  /** A buffer for one call with captured errno. */
  static MemorySegment callState(Arena arena) {
    return arena.allocate(CALL_STATE);
  }

  static int errno(MemorySegment callState) {
    return (int) ERRNO.get(callState, 0L);
  }

  /** What a method handle threw although C functions throw nothing. */
  static AssertionError unexpected(Throwable thrown) {
    return new AssertionError("a C function threw", thrown);
  }
}
