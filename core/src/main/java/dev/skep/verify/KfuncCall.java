package dev.skep.verify;

import dev.skep.program.SpecialFields;
import org.jspecify.annotations.Nullable;

/** What the arguments of one kfunc call have been found to be (struct bpf_kfunc_call_arg_meta). */
final class KfuncCall {
  static final int NONE = -1;

  /** Reference that an argument holds, 0 for none. */
  int refObjId;

  /** Register whose reference the call gives back, 0 for none. */
  int releaseRegister;

  /** The constant argument (suffixes __k and __szk). */
  boolean hasConstant;

  long constant;

  /** The dynptr that was passed: id 0 for none. */
  int dynptrId;

  int dynptrType;
  int dynptrRef;

  /** Where the iterator lies that was passed. */
  int iteratorFrame;

  int iteratorSlot;

  /** Size of the memory that is returned, 0 when the type says it. */
  long resultSize;

  boolean resultReadOnly;

  /** The map that was passed, or {@link #NONE}. */
  int map;

  int mapUid;

  /** The callback that was passed. */
  int subprog;

  /** The struct that the context is, for bpf_cast_to_kern_ctx. */
  int contextType;

  /** The list or tree that was passed. */
  SpecialFields.@Nullable Field root;

  /** The type of the allocated object that was passed, 0 for none, and the BTF it is in. */
  int objectType;

  int objectBtf;

  /** The object whose owners are counted was passed by one of them. */
  boolean owning;

  void clear() {
    refObjId = 0;
    releaseRegister = 0;
    hasConstant = false;
    constant = 0;
    dynptrId = 0;
    dynptrType = 0;
    dynptrRef = 0;
    iteratorFrame = 0;
    iteratorSlot = 0;
    resultSize = 0;
    resultReadOnly = false;
    map = NONE;
    mapUid = 0;
    subprog = 0;
    contextType = 0;
    root = null;
    objectType = 0;
    objectBtf = 0;
    owning = false;
  }
}
