package dev.skep.map;

import dev.skep.program.AttachPrototype;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/**
 * The kind of programs that share a program array, recorded from the first of them and never
 * changed (struct bpf_map_owner). One runtime either compiles or interprets all its programs, and
 * takes no other's: the flag "jited" is therefore no part of it.
 *
 * @param type of an extension its target's
 * @param expectedAttachType number, 0 where none was given
 * @param prototype what it is attached to, null for types that attach to no function
 * @param storage id of the CGROUP_STORAGE map that it uses, 0 for none
 * @param perCpuStorage id of the PERCPU_CGROUP_STORAGE map that it uses, 0 for none
 */
public record ProgramOwner(
    ProgramType type,
    int expectedAttachType,
    boolean xdpFrags,
    boolean sleepable,
    @Nullable AttachPrototype prototype,
    int storage,
    int perCpuStorage) {

  /** A kind without a function to attach to and without storage. */
  public ProgramOwner(
      ProgramType type, int expectedAttachType, boolean xdpFrags, boolean sleepable) {
    this(type, expectedAttachType, xdpFrags, sleepable, null, 0, 0);
  }

  /**
   * Whether a program may share the array (__bpf_prog_map_compatible).
   *
   * @param tailCalls whether it can reach a tail call: then what comes after it may use storage
   * @param attachTypes whether expected attach types have to be equal
   */
  boolean admits(ProgramOwner program, boolean tailCalls, boolean attachTypes) {
    return type == program.type
        && (!attachTypes || expectedAttachType == program.expectedAttachType)
        && xdpFrags == program.xdpFrags
        && sleepable == program.sleepable
        && admitsStorage(storage, program.storage, tailCalls)
        && admitsStorage(perCpuStorage, program.perCpuStorage, tailCalls)
        && admitsPrototype(program.prototype);
  }

  private static boolean admitsStorage(int present, int other, boolean tailCalls) {
    return present == other || other == 0 && !tailCalls;
  }

  private boolean admitsPrototype(@Nullable AttachPrototype other) {
    return switch (type) {
      case TRACING, LSM, EXT, STRUCT_OPS ->
          prototype == null ? other == null : prototype.equals(other);
      default -> true;
    };
  }
}
