package dev.skep.run;

import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.natives.Memory;

/**
 * Objects that programs allocate. Those with special fields need a record of them, which no engine
 * of the JVM gives: programs that use them do not load.
 */
final class ObjectKfuncs {
  /** The kernel's allocator has no larger ones, its link to the next free object included. */
  private static final long MAX_BYTES = 4096 - Long.BYTES;

  private final Machine machine;

  ObjectKfuncs(Machine machine) {
    this.machine = machine;
  }

  void define(HelperTable table) {
    table.set("bpf_obj_new_impl", this::create);
    table.set("bpf_obj_drop_impl", this::drop);
  }

  private long create(Cpu cpu, long size, long fields, long r3, long r4, long r5) {
    if (Long.compareUnsigned(size, MAX_BYTES) > 0) {
      return 0;
    }
    long bytes = Math.max(size, Long.BYTES);
    long object = Memory.allocate(bytes);
    machine.addressSpace().add(object, bytes);
    return object;
  }

  /** Without special fields nothing else can hold the object: it goes at once. */
  private long drop(Cpu cpu, long object, long fields, long r3, long r4, long r5) {
    machine.addressSpace().remove(object);
    Memory.free(object);
    return 0;
  }
}
