package dev.skep.machine;

import org.jspecify.annotations.Nullable;

/**
 * Numbers for Java objects that off-heap blocks refer to. Reading needs no lock; a number is never
 * given out twice, and the table is no larger than its live objects need: an object's place is the
 * low bits of its number, and numbers whose place is taken are left out.
 */
public final class Handles<T> {
  private record Entry<T>(int number, T object) {}

  /** A power of two of places, at most half of them taken; entries change, the array never does. */
  private volatile @Nullable Object[] table = new @Nullable Object[16];

  private int next = 1;
  private int live;

  /** Gives {@code object} the next number, from 1 on. */
  public synchronized int add(T object) {
    @Nullable Object[] places = table;
    if (live >= places.length / 2) {
      places = grown(places);
    }
    while (places[next & places.length - 1] != null) {
      next++;
    }
    int number = next++;
    places[number & places.length - 1] = new Entry<>(number, object);
    live++;
    table = places; // publishes the entry
    return number;
  }

  /** Places that differ now differ in the larger table too. */
  private static @Nullable Object[] grown(@Nullable Object[] places) {
    @Nullable Object[] larger = new @Nullable Object[places.length * 2];
    for (Object place : places) {
      if (place instanceof Entry<?> entry) {
        larger[entry.number & larger.length - 1] = entry;
      }
    }
    return larger;
  }

  /** The object of a number that {@link #add} gave; null once removed. */
  @SuppressWarnings("unchecked")
  public @Nullable T get(int number) {
    @Nullable Object[] places = table;
    return places[number & places.length - 1] instanceof Entry<?> entry && entry.number == number
        ? (T) entry.object
        : null;
  }

  public synchronized void remove(int number) {
    @Nullable Object[] places = table;
    int place = number & places.length - 1;
    if (places[place] instanceof Entry<?> entry && entry.number == number) {
      places[place] = null;
      live--;
      table = places;
    }
  }

  /** How many objects have a number. */
  public synchronized int size() {
    return live;
  }
}
