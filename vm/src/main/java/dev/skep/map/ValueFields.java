package dev.skep.map;

import dev.skep.machine.SpinWait;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.SpecialFields;
import dev.skep.program.SpecialFields.Field;
import java.util.List;

/**
 * What of a map's values is no plain data: locks, timers and the like (struct btf_record). Copies
 * go around them, and they read as zeros.
 */
final class ValueFields {
  private static final ValueFields NONE = new ValueFields(0, List.of());

  private final int valueSize;
  private final int[] offsets;
  private final int[] sizes;
  private final int[] timers;
  private final int lock;

  private ValueFields(int valueSize, List<Field> fields) {
    this.valueSize = valueSize;
    offsets = fields.stream().mapToInt(Field::offset).toArray();
    sizes = fields.stream().mapToInt(Field::size).toArray();
    timers =
        fields.stream()
            .filter(field -> field.kind() == SpecialFields.TIMER)
            .mapToInt(Field::offset)
            .toArray();
    lock =
        fields.stream()
            .filter(field -> field.kind() == SpecialFields.SPIN_LOCK)
            .mapToInt(Field::offset)
            .findFirst()
            .orElse(-1);
  }

  static ValueFields of(MapSpec spec) {
    SpecialFields fields = SpecialFields.of(spec, null);
    return fields.isEmpty() ? NONE : new ValueFields(spec.valueSize(), fields.all());
  }

  boolean isEmpty() {
    return offsets.length == 0;
  }

  /** Where the value's timer is. */
  int timerOffset() {
    return timers[0];
  }

  /** Whether values have a bpf_spin_lock. */
  boolean hasLock() {
    return lock >= 0;
  }

  /** Copies what is plain data (copy_map_value). */
  void copy(long from, long to) {
    int at = 0;
    for (int i = 0; i < offsets.length; i++) {
      Memory.copy(from + at, to + at, offsets[i] - at);
      at = offsets[i] + sizes[i];
    }
    Memory.copy(from + at, to + at, valueSize - at);
  }

  /** Copies what is plain data; {@code locked} is the value whose lock is held meanwhile. */
  void copy(long from, long to, long locked) {
    lock(locked + lock);
    try {
      copy(from, to);
    } finally {
      unlock(locked + lock);
    }
  }

  /** Makes the fields of a value as good as new (check_and_init_map_value). */
  void clear(long value) {
    for (int i = 0; i < offsets.length; i++) {
      Memory.fill(value + offsets[i], sizes[i], (byte) 0);
    }
  }

  /** Ends what the fields of a value stand for (bpf_obj_free_fields). */
  void free(long value, ValueTimers cancelled) {
    for (int offset : timers) {
      cancelled.free(value + offset);
    }
  }

  /** {@link #free} of a value whose memory goes. */
  void end(long value, ValueTimers ended) {
    for (int offset : timers) {
      ended.end(value + offset);
    }
  }

  /** Waits for a bpf_spin_lock and takes it. */
  static void lock(long address) {
    for (int tries = 0; !Memory.compareAndSetInt(address, 0, 1); tries++) {
      SpinWait.pause(tries);
    }
  }

  static void unlock(long address) {
    Memory.putIntRelease(address, 0);
  }
}
