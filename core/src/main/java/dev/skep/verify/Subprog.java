package dev.skep.verify;

/** One subprogram while it is verified (struct bpf_subprog_info). */
final class Subprog {
  /** {@link #fastcallStackOff} once something else used the slots of fastcall spills. */
  static final int FASTCALL_OFF = Short.MIN_VALUE;

  final int number;

  /** First instruction. */
  final int start;

  /** One past the last instruction. */
  int end;

  /** BTF name, "" without BTF. */
  String name = "";

  /** BTF id of its FUNC, 0 without BTF. */
  int funcTypeId;

  /** Whether BTF says that it is global: verified by itself, from its prototype. */
  boolean global;

  /** Deepest byte of stack used. */
  int stackDepth;

  /** Offset (negative or 0) at and above which no fastcall spill lies. */
  int fastcallStackOff;

  boolean keepFastcallStack;
  boolean hasTailCall;
  boolean tailCallReachable;
  boolean hasLdAbs;
  boolean changesPacketData;
  boolean mightSleep;
  boolean callback;
  boolean asyncCallback;
  boolean exceptionCallback;
  boolean privateStack;

  /** A global one that live code calls, so that it has to be verified. */
  boolean called;

  boolean verified;

  /** Its BTF prototype cannot be trusted (func_info_aux.unreliable). */
  boolean unreliable;

  /** Whether {@link #argKinds} was derived from BTF. */
  boolean prepared;

  /** What the arguments are, as {@link Prototypes} numbers it. */
  int[] argKinds = {};

  /** Bytes behind those that are memory. */
  int[] argSizes = {};

  /** Where it begins and ends in {@link InsnMarks#postorder}. */
  int postorderStart;

  int postorderEnd;

  Subprog(int number, int start) {
    this.number = number;
    this.start = start;
  }

  SubprogFacts facts() {
    return new SubprogFacts(
        start,
        stackDepth,
        hasTailCall,
        tailCallReachable,
        hasLdAbs,
        callback,
        exceptionCallback,
        privateStack,
        funcTypeId,
        unreliable,
        changesPacketData,
        mightSleep);
  }
}
