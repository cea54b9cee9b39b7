package dev.skep.tests.stress;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.Freplace;
import dev.skep.engine.Link;
import dev.skep.engine.LoadedProgram;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Two program arrays, the programs that take turns in their slots, and those that call them. */
final class StressWorld implements AutoCloseable {
  static final int ARRAYS = 2;

  /** Copies of each kind of caller. */
  static final int COPIES = 2;

  private final Engine engine;
  private final List<BpfMap> maps = new ArrayList<>();
  private final AtomicReferenceArray<LoadedProgram> callees;
  private final AtomicReferenceArray<LoadedProgram> callers;

  /** The caller with an extension in it, and what keeps that there; one thread changes them. */
  private volatile @Nullable LoadedProgram extended;

  private @Nullable Link link;

  /** The outcome that each program stands for which may be in a slot, by what a look-up gives. */
  private final Map<Integer, Integer> outcomes = new ConcurrentHashMap<>();

  StressWorld(Engine engine) {
    this.engine = engine;
    StressText.MAPS.forEach(spec -> maps.add(engine.createMap(spec)));
    callees = new AtomicReferenceArray<>(ARRAYS * StressOutcome.SLOTS * StressOutcome.VARIANTS);
    for (int i = 0; i < callees.length(); i++) {
      callees.set(i, callee(i));
    }
    callers = new AtomicReferenceArray<>(StressCaller.values().length * COPIES);
    for (int i = 0; i < callers.length(); i++) {
      callers.set(i, caller(i));
    }
  }

  private LoadedProgram callee(int number) {
    int slot = number / StressOutcome.VARIANTS;
    LoadedProgram loaded =
        engine.load(
            StressText.callee(
                slot / StressOutcome.SLOTS,
                slot % StressOutcome.SLOTS,
                number % StressOutcome.VARIANTS),
            maps);
    outcomes.put(loaded.slotValue(), number);
    return loaded;
  }

  private LoadedProgram caller(int number) {
    return engine.load(StressText.caller(kind(number)), maps);
  }

  int callers() {
    return callers.length();
  }

  int callees() {
    return callees.length();
  }

  StressCaller kind(int caller) {
    return StressCaller.values()[caller / COPIES];
  }

  LoadedProgram callerAt(int number) {
    return callers.get(number);
  }

  /** Loads a program anew and closes the one before it, wherever that is in use. */
  void reloadCallee(int number) {
    callees.getAndSet(number, callee(number)).close();
  }

  void reloadCaller(int number) {
    callers.getAndSet(number, caller(number)).close();
  }

  BpfMap array(int number) {
    return maps.get(number);
  }

  /** Puts a program into a slot. */
  void fill(int array, int slot, int variant) {
    LoadedProgram program = callees.get(StressOutcome.callee(array, slot, variant));
    array(array).update(bytes(slot), bytes(program.slotValue()), BpfMap.ANY);
  }

  void empty(int array, int slot) {
    array(array).delete(bytes(slot));
  }

  /**
   * What a call through a slot must give while nobody changes the arrays.
   *
   * @param fallThrough if the slot is empty or there is none
   */
  int expected(int array, int slot, int fallThrough) {
    byte[] value = slot < StressOutcome.SLOTS ? array(array).lookup(bytes(slot)) : null;
    if (value == null) {
      return fallThrough;
    }
    int program = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt();
    int outcome = Objects.requireNonNull(outcomes.get(program));
    int variant = outcome % StressOutcome.VARIANTS;
    if (StressText.isLink(array, slot, variant)) {
      int fell = StressOutcome.linkFallThrough(slot);
      return expected(array, slot - StressOutcome.LINK_DISTANCE, fell);
    }
    return StressText.isLoop(array, slot, variant)
        ? StressOutcome.looped(StressOutcome.MOST_LOOPS)
        : outcome;
  }

  /** How often programs have counted each outcome. */
  long[] counters() {
    byte[] value = Objects.requireNonNull(maps.get(ARRAYS).lookup(bytes(0)));
    long[] counters = new long[StressOutcome.COUNT];
    ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(counters);
    return counters;
  }

  private static byte[] bytes(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  /** Whether an extension is in the place of that caller's subprogram. */
  @SuppressWarnings("ReferenceEquality") // that very program, not one loaded after it
  boolean isExtended(int caller) {
    return extended == callers.get(caller);
  }

  /** Puts an extension into a caller; false if that was closed meanwhile. */
  boolean extend(int caller) {
    LoadedProgram target = callers.get(caller);
    try (LoadedProgram extension = engine.load(StressText.extension(target.program()), maps)) {
      link = extension.attach(Freplace.of(target, "sub"));
      extended = target;
      return true;
    } catch (IllegalStateException closed) {
      return false;
    }
  }

  /** Takes the extension away. */
  void restore() {
    Link present = Objects.requireNonNull(link);
    extended = null;
    link = null;
    present.close();
  }

  /** Lets go of the maps while programs still use them: that empties the program arrays. */
  void abandonMaps() {
    maps.forEach(BpfMap::close);
    maps.clear();
  }

  @Override
  public void close() {
    for (int i = 0; i < callers.length(); i++) {
      callers.get(i).close();
    }
    for (int i = 0; i < callees.length(); i++) {
      callees.get(i).close();
    }
    abandonMaps();
  }
}
