package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.SpecialFields;
import org.jspecify.annotations.Nullable;

/**
 * One verification in progress (struct bpf_verifier_env): the program, what earlier passes found,
 * the current state, and the parts of the main pass that work on them.
 */
final class Env {
  /** Deepest stack of one frame in bytes (MAX_BPF_STACK). */
  static final int MAX_STACK = 512;

  /** Variable offsets lie below this (BPF_MAX_VAR_OFF, BPF_MAX_VAR_SIZ). */
  static final long MAX_VARIABLE = 1L << 29;

  /** BPF_F_TEST_STATE_FREQ. */
  static final int TEST_STATE_FREQ = 1 << 3;

  /** BPF_F_TEST_REG_INVARIANTS. */
  static final int TEST_REG_INVARIANTS = 1 << 7;

  final Program program;
  final VerifierOptions options;
  final long[] insns;
  final int insnCount;
  final InsnFacts facts;
  final InsnMarks marks;
  private final boolean arena;
  final Subprog[] subprogs;

  /** The BTFs that registers point into. */
  final BtfObjects btfs;

  final CalledKfuncs kfuncs;

  /** What the program is attached to, null for types that attach without BTF. */
  final @Nullable Attachment attachment;

  final VerifierLog log;
  final Trace trace;

  /** Whether addresses must not get out, and speculation must not read what the program may not. */
  final boolean guarded;

  final boolean level1;
  final boolean level2;

  final Scalars scalars;
  final LiveStack liveStack;
  final JumpHistory history = new JumpHistory();
  final Backtrack backtrack;
  final SccVisits sccs;
  final Explored explored;
  final StatesEqual states;
  final PathStack paths;

  private final @Nullable SpecialFields[] fields;
  private final @Nullable SpecialFields[] innerFields;

  /** The state that executes. */
  State cur = new State();

  /** The instruction that executes, and the one before it on this path, -1 for none. */
  int insn;

  int previousInsn;

  /** The greatest id given to a register or reference (id_gen). */
  int lastId;

  int insnsProcessed;
  int jumps;

  /** Whether direct packet access needs the program type's prologue (seen_direct_write). */
  boolean packetWritten;

  /** Who is told of every step, in a run that explains a rejection; else null. */
  @Nullable PathListener listener;

  /** Ids of the references that the program is given with its arguments, by 8 bytes of context. */
  final int[] argumentReferences = new int[BtfContext.MAX_ARGUMENTS];

  /** Whether live code throws (seen_exception). */
  boolean throwsException;

  /** Takes the states that are stored, null where nobody wants them. */
  @Nullable Claims claims;

  /** What was wrong, in one line. */
  String message = "";

  Env(
      Program program,
      VerifierOptions options,
      InsnFacts facts,
      InsnMarks marks,
      Subprog[] subprogs,
      BtfObjects btfs,
      CalledKfuncs kfuncs,
      @Nullable Attachment attachment,
      VerifierLog log,
      Trace trace) {
    this.program = program;
    this.options = options;
    insns = program.insns();
    insnCount = insns.length;
    this.facts = facts;
    arena = usesArena(program, facts);
    this.marks = marks;
    this.subprogs = subprogs;
    this.btfs = btfs;
    this.kfuncs = kfuncs;
    this.attachment = attachment;
    this.log = log;
    this.trace = trace;
    fields = new SpecialFields[program.maps().size()];
    innerFields = new SpecialFields[program.maps().size()];
    guarded = !options.host().perfmon();
    level1 = log.level1();
    level2 = log.level2();
    scalars = new Scalars(log, false, (program.flags() & TEST_REG_INVARIANTS) != 0);
    liveStack = new LiveStack(this);
    backtrack = new Backtrack(this);
    sccs = new SccVisits(this);
    states = new StatesEqual(this);
    explored = new Explored(this, states);
    paths = new PathStack(this);
  }

  /** Stores a state at every instruction from now on. */
  void claim(@Nullable Claims collector) {
    claims = collector;
    if (collector != null) {
      marks.checkpointEverywhere(insns);
      collector.liveness(marks);
    }
  }

  // Log and errors ----------------------------------------------------------------------------

  void verbose(String text) {
    log.add(text);
  }

  /** Says why the program is refused; the caller throws the result. */
  Rejection reject(int errno, String why) {
    log.add(why).line();
    message = why;
    return new Rejection(errno);
  }

  /** {@link #reject} for the few messages that the kernel does not end with a line feed. */
  Rejection rejectWithoutLine(int errno, String why) {
    log.add(why);
    message = why;
    return new Rejection(errno);
  }

  /** Something that the kernel too would call a bug of the verifier. */
  UnsupportedException bug(String what) {
    return new UnsupportedException("internal: " + what + " at insn " + insn);
  }

  /** Something that Linux judges and Skep cannot yet. */
  UnsupportedException unsupported(String what) {
    return new UnsupportedException(what);
  }

  void printState(State state, int frame) {
    trace.printer().print(state, frame, null);
  }

  /** Whether a register holds an address that must not get out (is_pointer_value). */
  boolean leaks(int regno) {
    return guarded && regno >= 0 && Reg.type(regs(), Frame.reg(regno)) != RegType.SCALAR;
  }

  /** A register must not be given away (is_pointer_value). */
  void mustNotLeak(int regno, String where) {
    if (leaks(regno)) {
      throw reject(Errno.EACCES, "R" + regno + " leaks addr " + where);
    }
  }

  /** What a register held is gone (mark_reg_invalid): a number, if that gives nothing away. */
  void invalidate(long[] r, int at) {
    if (guarded) {
      Reg.markNotInit(r, at, false);
    } else {
      Reg.markUnknown(r, at, false);
    }
  }

  // Instructions and subprograms --------------------------------------------------------------

  boolean isPseudoCall(long word) {
    return InsnWord.code(word) == CALL_CODE && InsnWord.src(word) == PSEUDO_CALL;
  }

  boolean isMayGoto(int at) {
    return InsnWord.code(insns[at]) == MAY_GOTO_CODE;
  }

  /** What runs when the program throws, null for what ends it with the value thrown. */
  @Nullable Subprog exceptionCallback() {
    for (Subprog subprog : subprogs) {
      if (subprog.exceptionCallback) {
        return subprog;
      }
    }
    return null;
  }

  /** The subprogram that an instruction belongs to. */
  Subprog subprogAt(int at) {
    int low = 0;
    int high = subprogs.length - 1;
    while (low < high) {
      int middle = low + high + 1 >>> 1;
      if (subprogs[middle].start <= at) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return subprogs[low];
  }

  /** The instruction a frame stands at: its own, or the call it made (frame_insn_idx). */
  int frameInsn(State state, int frame) {
    return frame == state.curframe ? state.insnIdx : state.view(frame + 1).callsite;
  }

  // State -------------------------------------------------------------------------------------

  long[] regs() {
    return cur.regs();
  }

  /** Whether what is freed after a grace period stays (in_rcu_cs). */
  boolean inRcu() {
    return cur.rcuLocks > 0 || cur.activeLocks > 0 || !sleepable();
  }

  int nextId() {
    return ++lastId;
  }

  void pushHistory(int flags, long linked) {
    history.push(cur, insn, previousInsn, flags, linked);
  }

  /** Special fields of a map's values. */
  SpecialFields fieldsOf(int handle) {
    boolean inner = (handle & Reg.INNER_MAP) != 0;
    @Nullable SpecialFields[] known = inner ? innerFields : fields;
    int map = handle & ~Reg.INNER_MAP;
    SpecialFields found = known[map];
    if (found == null) {
      found = btfs.fieldsOf(mapOf(handle));
      known[map] = found;
    }
    return found;
  }

  /** A map's name as the kernel keeps it; the template of an inner map has none. */
  String mapName(int handle) {
    String name = (handle & Reg.INNER_MAP) != 0 ? "" : mapOf(handle).name();
    return name.length() > 15 ? name.substring(0, 15) : name;
  }

  /** Special fields of what a register points to (reg_btf_record). */
  SpecialFields recordOf(long[] r, int at) {
    int type = Reg.type(r, at);
    if (type == RegType.MAP_VALUE) {
      return fieldsOf(Reg.handle(r, at));
    }
    boolean object = OwningRefs.isObject(type) && Reg.handle2(r, at) == BtfObjects.PROGRAM;
    return object ? btfs.objectFields(Reg.handle(r, at)) : SpecialFields.NONE;
  }

  /** Whether a lock may be taken through a register (reg_may_point_to_spin_lock). */
  boolean mayHoldLock(long[] r, int at) {
    return recordOf(r, at).has(SpecialFields.SPIN_LOCK | SpecialFields.RES_SPIN_LOCK);
  }

  /** Whether the program uses an arena. */
  boolean hasArena() {
    return arena;
  }

  private static boolean usesArena(Program program, InsnFacts facts) {
    for (int map : facts.loadedMap) {
      if (map >= 0 && program.maps().get(map).type() == MapType.ARENA) {
        return true;
      }
    }
    return false;
  }

  /** Whether all that executes may sleep (in_sleepable). */
  boolean sleepable() {
    return cur.inSleepable;
  }

  /** Whether what executes now may sleep: no section is open that forbids it. */
  boolean maySleepHere() {
    return sleepable() && cur.rcuLocks == 0 && cur.preemptLocks == 0 && cur.activeIrq == 0;
  }

  MapSpec map(long[] r, int at) {
    return mapOf(Reg.handle(r, at));
  }

  /** The map of a handle: one of the program's, or the template of one's inner maps. */
  MapSpec mapOf(int handle) {
    return StatePrinter.mapOf(program, handle);
  }

  /** How {@link InsnFacts#mapIndex} names a map. */
  static int mapFact(int handle) {
    return (handle & Reg.INNER_MAP) == 0 ? handle : handle & ~Reg.INNER_MAP | InsnFacts.INNER_MAP;
  }

  /** Registers that a frame may still read from where it stands. */
  int liveAt(State state, int frame) {
    return marks.liveBefore[frameInsn(state, frame)];
  }

  /** The text of one instruction, without a line feed. */
  void disassemble(StringBuilder text, int at) {
    trace.disassemble(text, at);
  }
}
