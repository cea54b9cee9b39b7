package dev.skep.machine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Numbers for Java objects that off-heap blocks refer to. Reading needs no lock; a number is never
 * given out twice.
 */
public final class Handles<T> {
  private static final VarHandle TABLE;

  static {
    try {
      TABLE = MethodHandles.lookup().findVarHandle(Handles.class, "table", Object[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private @Nullable Object[] table = new @Nullable Object[16];
  private int next = 1;

  /** Gives {@code object} the next number, from 1 on. */
  public synchronized int add(T object) {
    int handle = next++;
    @Nullable Object[] current = table;
    if (handle >= current.length) {
      current = Arrays.copyOf(current, current.length * 2);
    }
    current[handle] = object;
    TABLE.setRelease(this, current);
    return handle;
  }

  /** The object of a number that {@link #add} gave; null once removed. */
  @SuppressWarnings("unchecked")
  public @Nullable T get(int handle) {
    @Nullable Object[] current = (@Nullable Object[]) TABLE.getAcquire(this);
    return handle > 0 && handle < current.length ? (T) current[handle] : null;
  }

  public synchronized void remove(int handle) {
    table[handle] = null;
  }
}
