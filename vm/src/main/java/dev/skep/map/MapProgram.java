package dev.skep.map;

import dev.skep.program.ProgramType;

/** A loaded program as slots of program arrays hold it. */
public interface MapProgram {
  /** The program's number, unique in the process: what user lookups of a slot give. */
  int id();

  /** Address of its struct bpf_prog. */
  long block();

  /** Where tail calls enter its machine code, or 0 when it is interpreted. */
  long tailCallEntry();

  /** Its own type: EXT for an extension. */
  ProgramType type();

  /** The kind that it makes a program array, or has to fit. */
  ProgramOwner owner();

  /** Whether a tail call can be reached from its entry. */
  boolean reachesTailCall();

  /** Whether it calls bpf_override_return: no program array takes it then. */
  boolean overridesReturn();

  /** In how many slots it is, and whether it is extended. */
  Membership membership();

  /** Adds a reference; false when the program is already gone. */
  boolean retain();

  /** Drops a reference; the last one frees the program after a grace period. */
  void release();
}
