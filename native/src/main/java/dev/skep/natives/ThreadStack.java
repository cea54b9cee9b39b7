package dev.skep.natives;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The stack of the current (carrier) thread. */
public final class ThreadStack {
  /** At least sizeof(pthread_attr_t) of every C library on Linux. */
  private static final long ATTRIBUTES_SIZE = 128;

  private static final MethodHandle SELF = Libc.function("pthread_self", 0);
  private static final MethodHandle GET = Libc.function("pthread_getattr_np", 2);
  private static final MethodHandle STACK = Libc.function("pthread_attr_getstack", 3);
  private static final MethodHandle DESTROY = Libc.function("pthread_attr_destroy", 1);

  private ThreadStack() {}

  /** Its lowest address, guard pages included. */
  public static long lowest() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, 16);
      MemorySegment address = arena.allocate(ValueLayout.JAVA_LONG);
      MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
      int got = (int) (long) GET.invokeExact((long) SELF.invokeExact(), attributes.address());
      if (got != 0) {
        throw new IllegalStateException("pthread_getattr_np: errno " + got);
      }
      long first =
          (long) STACK.invokeExact(attributes.address(), address.address(), size.address());
      long second = (long) DESTROY.invokeExact(attributes.address());
      if ((int) first != 0 || (int) second != 0) {
        throw new IllegalStateException("pthread_attr_getstack: errno " + (int) first);
      }
      return address.get(ValueLayout.JAVA_LONG, 0);
    } catch (RuntimeException | Error thrown) {
      throw thrown;
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }
}
