package dev.skep.verify;

import java.util.Arrays;

/**
 * What verification learnt of each instruction (struct bpf_insn_aux_data), as one array per fact,
 * indexed by instruction. The rewrites read it; rewrites that insert or delete instructions carry
 * it along.
 */
public final class InsnFacts {
  /** {@link #mapIndex}: the call never had a map argument. */
  public static final int NO_MAP = -1;

  /**
   * Bit in {@link #mapIndex}: different maps reached the call (poison of struct bpf_map_ptr_state);
   * the index is that of the latest.
   */
  public static final int MAP_POISONED = 1 << 17;

  /**
   * Bit in {@link #mapIndex}: the call uses a map found in that map, which behaves like its inner
   * template.
   */
  public static final int INNER_MAP = 1 << 16;

  /** {@link #constKey}: no call seen yet. */
  public static final long KEY_UNSEEN = Long.MIN_VALUE;

  /** {@link #constKey}: the key is not one constant (BPF_MAP_KEY_POISON). */
  public static final long KEY_POISONED = -1;

  /** One past the last byte of the context that any instruction may touch (max_ctx_offset). */
  public int contextEnd;

  /** Walked by the verifier at least once. */
  public final boolean[] seen;

  /**
   * {@link RegType} (with flags) of the pointer that a load, store or atomic goes through, 0 if
   * none.
   */
  public final int[] pointerType;

  /**
   * Size of the context field for narrow loads, 0 where the field is not narrowable
   * (ctx_field_size).
   */
  public final byte[] ctxFieldSize;

  /**
   * Index of the map that a helper call uses, with {@link #INNER_MAP} and {@link #MAP_POISONED}, or
   * {@link #NO_MAP}.
   */
  public final int[] mapIndex;

  /** Constant key of a lookup or tail call (0..2^32-1), or one of the KEY_ values. */
  public final long[] constKey;

  /** A 32-bit definition whose upper half is read later (zext_dst). */
  public final boolean[] zeroExtend;

  /** 64-bit arithmetic with a pointer into an arena, to be done in 32 bits (needs_zext). */
  public final boolean[] arenaArithmetic;

  /** Instructions of a removable bpf_fastcall spill or fill (fastcall_pattern). */
  public final boolean[] fastcallPattern;

  /** Number of removable spills around a fastcall call instruction (fastcall_spills_num). */
  public final byte[] fastcallSpills;

  /**
   * bpf_loop calls that may be inlined: subprogram of the callback, else -1 (loop_inline_state).
   */
  public final int[] inlineLoopCallback;

  /** bpf_loop inlining: whether flags were the constant 0 on every path. */
  public final boolean[] inlineLoopFits;

  /** For ld_imm64 of a map (src 1, 2, 5, 6): index into Program.maps, else -1. */
  public final int[] loadedMap;

  /** Bytes of the object that a call allocates (obj_new_size), 0 for other instructions. */
  public final int[] objectSize;

  /**
   * For calls that make, free, count or link an object with special fields: the type of the object
   * in the program's BTF (kptr_struct_meta), else 0.
   */
  public final int[] objectType;

  /** For calls that put an object into a list or tree: where the node is in it (insert_off). */
  public final int[] nodeOffset;

  /** Calls that get a CPU's part of an object that the program allocated. */
  public final boolean[] perCpuObject;

  /** The register that a kfunc call gets the program itself in, 0 for none (arg_prog). */
  public final byte[] programArgument;

  /** Calls that get local storage where nothing may sleep, in a program that otherwise may. */
  public final boolean[] atomicStorage;

  /** Whether a speculation barrier goes before the instruction. */
  public final boolean[] nospec;

  /** Whether a speculation barrier goes after the instruction. */
  public final boolean[] nospecResult;

  /** Sanitation of pointer arithmetic for loaders without CAP_PERFMON (alu_state), 0 for none. */
  public final int[] aluState;

  /** Limit that goes with {@link #aluState}. */
  public final int[] aluLimit;

  InsnFacts(int insns) {
    seen = new boolean[insns];
    pointerType = new int[insns];
    ctxFieldSize = new byte[insns];
    mapIndex = filled(insns);
    constKey = new long[insns];
    Arrays.fill(constKey, KEY_UNSEEN);
    zeroExtend = new boolean[insns];
    arenaArithmetic = new boolean[insns];
    fastcallPattern = new boolean[insns];
    fastcallSpills = new byte[insns];
    inlineLoopCallback = filled(insns);
    inlineLoopFits = new boolean[insns];
    loadedMap = filled(insns);
    objectSize = new int[insns];
    objectType = new int[insns];
    nodeOffset = new int[insns];
    perCpuObject = new boolean[insns];
    programArgument = new byte[insns];
    atomicStorage = new boolean[insns];
    nospec = new boolean[insns];
    nospecResult = new boolean[insns];
    aluState = new int[insns];
    aluLimit = new int[insns];
  }

  /** Notes that a call is reached with a map (bpf_map_ptr_store). */
  void noteMap(int insn, int fact) {
    int known = mapIndex[insn];
    if (known == NO_MAP) {
      mapIndex[insn] = fact;
    } else if ((known & ~MAP_POISONED) != fact) {
      mapIndex[insn] = fact | MAP_POISONED;
    }
  }

  private static int[] filled(int insns) {
    int[] array = new int[insns];
    Arrays.fill(array, -1);
    return array;
  }
}
