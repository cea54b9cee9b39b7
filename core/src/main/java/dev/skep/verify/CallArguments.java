package dev.skep.verify;

import dev.skep.program.SpecialFields;
import org.jspecify.annotations.Nullable;

/** What the arguments of one call have been found to be (struct bpf_call_arg_meta). */
final class CallArguments {
  static final int NO_MAP = -1;

  int helper;

  /** Whether the helper may be given packet pointers. */
  boolean packetAccess;

  /** Index of the map, or {@link #NO_MAP}. */
  int map;

  int mapUid;

  /** The memory argument is filled by the helper and need not be initialised. */
  boolean rawMode;

  /** Register and size of stack memory that the helper fills. */
  int rawRegister;

  int rawSize;

  /** Register whose reference the helper releases, 0 for none. */
  int releaseRegister;

  /** Reference that an argument holds, 0 for none. */
  int refObjId;

  /** Greatest value of the size argument. */
  long maxSize;

  /** Constant size of an allocation. */
  long memSize;

  /** Constant key of an array lookup, negative when unknown. */
  long constKey;

  int subprog;

  /** Id of the dynptr that the result is a part of. */
  int dynptr;

  /** Whether this call moves packet data, though the helper need not. */
  boolean changesPacket;

  /** The type of a per-CPU variable and the number of its BTF. */
  int struct;

  int structBtf;

  /** Whether the result is a CPU's part of an object that the program allocated. */
  boolean perCpuObject;

  /** The pointer in a map's value or object that is exchanged, null for none. */
  SpecialFields.@Nullable Field pointer;

  void clear(int id) {
    helper = id;
    packetAccess = false;
    map = NO_MAP;
    mapUid = 0;
    rawMode = false;
    rawRegister = 0;
    rawSize = 0;
    releaseRegister = 0;
    refObjId = 0;
    maxSize = 0;
    memSize = 0;
    constKey = 0;
    subprog = 0;
    dynptr = 0;
    changesPacket = false;
    struct = 0;
    structBtf = 0;
    pointer = null;
    perCpuObject = false;
  }
}
