package dev.skep.map;

/** A loaded program as slots of program arrays hold it. */
public interface MapProgram {
  /** The program's number, unique in the process: what user lookups of a slot give. */
  int id();

  /** Address of its struct bpf_prog. */
  long block();

  /** Where tail calls enter its machine code, or 0 when it is interpreted. */
  long tailCallEntry();

  ProgramOwner owner();

  /** In how many slots it is, and whether it is extended. */
  Membership membership();

  /** Adds a reference; false when the program is already gone. */
  boolean retain();

  /** Drops a reference; the last one frees the program after a grace period. */
  void release();
}
