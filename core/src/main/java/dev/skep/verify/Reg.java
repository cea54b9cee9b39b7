package dev.skep.verify;

/**
 * The layout of one abstract register (struct bpf_reg_state) inside a {@code long[]}.
 *
 * <p>A register is {@link #STRIDE} longs that begin at an index {@code at}; every accessor takes
 * the array and that index. Register number {@code r} of a frame lies at {@code r * STRIDE}.
 *
 * <pre>
 *   word  low 32 bits                        high 32 bits
 *   ----  ---------------------------------  -------------------------------------
 *    0    type and flags (RegType)           off: fixed offset, or linked scalar's delta
 *    1    handle: see below                  handle2: see below
 *   ----  ------------------------------------------ HEADER words end here (2)
 *    2    var_off.value
 *    3    var_off.mask
 *    4..7 smin, smax, umin, umax
 *    8    s32 min                            s32 max
 *    9    u32 min                            u32 max
 *   ----  ------------------------------------------ EXACT words end here (10)
 *   10    id (bits 31, 30: ADD_CONST)        ref_obj_id
 *   ----  ------------------------------------------ WITH_IDS words end here (11)
 *   11    frame number (8 bits), precise     subreg_def: index+1 of a 32-bit definition, 0 none
 * </pre>
 *
 * What the handles mean depends on the base type: packets keep their proven range in {@code
 * handle}; map pointers, keys and values the index of the map and in {@code handle2} the map_uid;
 * MEM the size; BTF_ID the type id and in {@code handle2} the number of the BTF; FUNC the
 * subprogram; a dynptr its type and in {@code handle2} whether the slot is the first; an iterator
 * its type id and in {@code handle2} state and depth. Unused handles are 0.
 *
 * <p>The order is meaningful: pruning compares registers up to one of the three borders, so a
 * comparison is one {@link java.util.Arrays#mismatch(long[], int, int, long[], int, int)}.
 */
final class Reg {
  /** Longs per register. */
  static final int STRIDE = 12;

  /** Registers r0..r10 of a frame. */
  static final int COUNT = 11;

  /** The words before var_off. */
  static final int HEADER = 2;

  /** The words before the ids: what regs_exact compares. */
  static final int EXACT = 10;

  /** The words before the frame number. */
  static final int WITH_IDS = 11;

  /** Marks an id whose holder is the linked scalar plus {@code off}, in 64 bits. */
  static final int ADD_CONST64 = 1 << 31;

  /** The same with the sum cut to 32 bits. */
  static final int ADD_CONST32 = 1 << 30;

  /** Either of both (BPF_ADD_CONST). */
  static final int ADD_CONST = ADD_CONST64 | ADD_CONST32;

  /** Range of a packet pointer known to lie beyond the end (BEYOND_PKT_END). */
  static final int BEYOND_PACKET_END = -2;

  /** Range of a packet pointer known to be at the end (AT_PKT_END). */
  static final int AT_PACKET_END = -1;

  /** In the handle of a map pointer: not the map itself but the template of its inner maps. */
  static final int INNER_MAP = 1 << 30;

  /**
   * In the handle of what a map value turned into, a socket or null: the kernel compares its map,
   * too.
   */
  static final int FORMER_MAP = 1 << 29;

  static final int TYPE_OFF = 0;
  static final int HANDLES = 1;
  static final int VALUE = 2;
  static final int MASK = 3;
  static final int SMIN = 4;
  static final int SMAX = 5;
  static final int UMIN = 6;
  static final int UMAX = 7;
  static final int S32 = 8;
  static final int U32 = 9;
  static final int IDS = 10;
  static final int LAST = 11;

  private static final long LOW = 0xffffffffL;
  private static final long FRAME = 0xffL;
  private static final long PRECISE = 1L << 8;
  private static final long S32_UNBOUNDED = pair(Integer.MIN_VALUE, Integer.MAX_VALUE);
  private static final long U32_UNBOUNDED = pair(0, -1);

  private Reg() {}

  private static long pair(int low, int high) {
    return low & LOW | (long) high << 32;
  }

  // Header ------------------------------------------------------------------------------------

  /** Base type with its flags, as in {@link RegType}. */
  static int type(long[] r, int at) {
    return (int) r[at];
  }

  static void setType(long[] r, int at, int type) {
    r[at] = r[at] & ~LOW | type & LOW;
  }

  /** Base type without flags. */
  static int base(long[] r, int at) {
    return (int) r[at] & RegType.BASE_MASK;
  }

  /** Fixed part of a pointer's offset, or the delta of a linked scalar. */
  static int off(long[] r, int at) {
    return (int) (r[at] >> 32);
  }

  static void setOff(long[] r, int at, int off) {
    r[at] = r[at] & LOW | (long) off << 32;
  }

  /** Sets type and offset at once. */
  static void setTypeOff(long[] r, int at, int type, int off) {
    r[at] = pair(type, off);
  }

  static int handle(long[] r, int at) {
    return (int) r[at + HANDLES];
  }

  static int handle2(long[] r, int at) {
    return (int) (r[at + HANDLES] >> 32);
  }

  static void setHandle(long[] r, int at, int handle) {
    r[at + HANDLES] = r[at + HANDLES] & ~LOW | handle & LOW;
  }

  static void setHandle2(long[] r, int at, int handle) {
    r[at + HANDLES] = r[at + HANDLES] & LOW | (long) handle << 32;
  }

  static void setHandles(long[] r, int at, int handle, int handle2) {
    r[at + HANDLES] = pair(handle, handle2);
  }

  // Value -------------------------------------------------------------------------------------

  /** Known bits: the value of those that {@link #mask} has clear. */
  static long value(long[] r, int at) {
    return r[at + VALUE];
  }

  /** Unknown bits. */
  static long mask(long[] r, int at) {
    return r[at + MASK];
  }

  static void setTnum(long[] r, int at, long value, long mask) {
    r[at + VALUE] = value;
    r[at + MASK] = mask;
  }

  static boolean isConst(long[] r, int at) {
    return r[at + MASK] == 0;
  }

  /** Whether the low 32 bits are known. */
  static boolean isConst32(long[] r, int at) {
    return (int) r[at + MASK] == 0;
  }

  static long smin(long[] r, int at) {
    return r[at + SMIN];
  }

  static long smax(long[] r, int at) {
    return r[at + SMAX];
  }

  static long umin(long[] r, int at) {
    return r[at + UMIN];
  }

  static long umax(long[] r, int at) {
    return r[at + UMAX];
  }

  static void setSigned(long[] r, int at, long min, long max) {
    r[at + SMIN] = min;
    r[at + SMAX] = max;
  }

  static void setUnsigned(long[] r, int at, long min, long max) {
    r[at + UMIN] = min;
    r[at + UMAX] = max;
  }

  static int smin32(long[] r, int at) {
    return (int) r[at + S32];
  }

  static int smax32(long[] r, int at) {
    return (int) (r[at + S32] >> 32);
  }

  /** To be compared with {@link Integer#compareUnsigned}. */
  static int umin32(long[] r, int at) {
    return (int) r[at + U32];
  }

  /** To be compared with {@link Integer#compareUnsigned}. */
  static int umax32(long[] r, int at) {
    return (int) (r[at + U32] >> 32);
  }

  static void setSigned32(long[] r, int at, int min, int max) {
    r[at + S32] = pair(min, max);
  }

  static void setUnsigned32(long[] r, int at, int min, int max) {
    r[at + U32] = pair(min, max);
  }

  // Identity ----------------------------------------------------------------------------------

  /** Group of registers that hold the same value, with {@link #ADD_CONST}; 0 for none. */
  static int id(long[] r, int at) {
    return (int) r[at + IDS];
  }

  static void setId(long[] r, int at, int id) {
    r[at + IDS] = r[at + IDS] & ~LOW | id & LOW;
  }

  static int refObjId(long[] r, int at) {
    return (int) (r[at + IDS] >> 32);
  }

  static void setRefObjId(long[] r, int at, int id) {
    r[at + IDS] = r[at + IDS] & LOW | (long) id << 32;
  }

  /** Takes a scalar out of its group, with its distance (clear_scalar_id). */
  static void unlink(long[] r, int at) {
    r[at] &= LOW;
    r[at + IDS] &= ~LOW;
  }

  static void clearIds(long[] r, int at) {
    r[at + IDS] = 0;
  }

  // The rest ----------------------------------------------------------------------------------

  /** Frame that a stack pointer points into. */
  static int frame(long[] r, int at) {
    return (int) (r[at + LAST] & FRAME);
  }

  static void setFrame(long[] r, int at, int frame) {
    r[at + LAST] = r[at + LAST] & ~FRAME | frame & FRAME;
  }

  /** Whether pruning must respect the exact range of this scalar. */
  static boolean precise(long[] r, int at) {
    return (r[at + LAST] & PRECISE) != 0;
  }

  static void setPrecise(long[] r, int at, boolean precise) {
    r[at + LAST] = precise ? r[at + LAST] | PRECISE : r[at + LAST] & ~PRECISE;
  }

  /** One more than the instruction that wrote only the lower half, 0 when all 64 bits count. */
  static int subregDef(long[] r, int at) {
    return (int) (r[at + LAST] >> 32);
  }

  static void setSubregDef(long[] r, int at, int def) {
    r[at + LAST] = r[at + LAST] & LOW | (long) def << 32;
  }

  // Whole registers ---------------------------------------------------------------------------

  /** Copies everything but subreg_def, which belongs to the place and not to the value. */
  static void copyValue(long[] from, int source, long[] to, int target) {
    long def = to[target + LAST] & ~LOW;
    System.arraycopy(from, source, to, target, STRIDE);
    to[target + LAST] = to[target + LAST] & LOW | def;
  }

  static void copy(long[] from, int source, long[] to, int target) {
    System.arraycopy(from, source, to, target, STRIDE);
  }

  static boolean same(long[] a, int aAt, long[] b, int bAt, int words) {
    for (int i = 0; i < words; i++) {
      if (a[aAt + i] != b[bAt + i]) {
        return false;
      }
    }
    return true;
  }

  /** Forgets the four ranges (__mark_reg_unbounded). */
  static void unbound(long[] r, int at) {
    r[at + SMIN] = Long.MIN_VALUE;
    r[at + SMAX] = Long.MAX_VALUE;
    r[at + UMIN] = 0;
    r[at + UMAX] = -1;
    unbound32(r, at);
  }

  static void unbound64(long[] r, int at) {
    r[at + SMIN] = Long.MIN_VALUE;
    r[at + SMAX] = Long.MAX_VALUE;
    r[at + UMIN] = 0;
    r[at + UMAX] = -1;
  }

  static void unbound32(long[] r, int at) {
    r[at + S32] = S32_UNBOUNDED;
    r[at + U32] = U32_UNBOUNDED;
  }

  /**
   * An unknown scalar (__mark_reg_unknown). subreg_def stays.
   *
   * @param precise true for loaders without CAP_BPF, for whom every scalar is precise
   */
  static void markUnknown(long[] r, int at, boolean precise) {
    r[at] = RegType.SCALAR;
    r[at + HANDLES] = 0;
    r[at + VALUE] = 0;
    r[at + MASK] = -1;
    unbound(r, at);
    r[at + IDS] = 0;
    r[at + LAST] = r[at + LAST] & ~LOW | (precise ? PRECISE : 0);
  }

  /** A register nothing has been written to (__mark_reg_not_init). subreg_def stays. */
  static void markNotInit(long[] r, int at, boolean precise) {
    markUnknown(r, at, precise);
    r[at] = RegType.NOT_INIT;
  }

  /** Makes the value part a constant; header and ids stay (___mark_reg_known). */
  static void setConst(long[] r, int at, long value) {
    r[at + VALUE] = value;
    r[at + MASK] = 0;
    r[at + SMIN] = value;
    r[at + SMAX] = value;
    r[at + UMIN] = value;
    r[at + UMAX] = value;
    long both = pair((int) value, (int) value);
    r[at + S32] = both;
    r[at + U32] = both;
  }

  /**
   * Makes the value part a constant and clears offset, handles and ids; the type stays
   * (__mark_reg_known).
   */
  static void markKnown(long[] r, int at, long value) {
    r[at] &= LOW;
    r[at + HANDLES] = 0;
    r[at + IDS] = 0;
    setConst(r, at, value);
  }

  /** A scalar constant: {@link #markKnown} with the type. Frame and precise stay. */
  static void markConst(long[] r, int at, long value) {
    markKnown(r, at, value);
    r[at] = RegType.SCALAR;
  }

  /** A pointer with offset 0 of the given type (mark_reg_known_zero then the type). */
  static void markPointer(long[] r, int at, int type) {
    markKnown(r, at, 0);
    r[at] = type & LOW;
  }

  /** Whether the register is the scalar constant 0 (register_is_null). */
  static boolean isNull(long[] r, int at) {
    return type(r, at) == RegType.SCALAR && r[at + MASK] == 0 && r[at + VALUE] == 0;
  }
}
