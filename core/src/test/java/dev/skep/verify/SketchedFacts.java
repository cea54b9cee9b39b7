package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.program.Helpers;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Facts of programs that are known to be valid, without proving anything: which registers hold the
 * context, maps, sockets and constants on each path. Lets rewrites be tested for program types that
 * the verifier does not judge.
 */
public final class SketchedFacts {
  private static final int VISITS = 64;
  private static final int TEST_RND_HI32 = 1 << 2;
  private static final int SKC_TO_TCP6_SOCK = 136;
  private static final int SKC_TO_UDP6_SOCK = 140;
  private static final int PER_CPU_PTR = 153;
  private static final int THIS_CPU_PTR = 154;
  private static final int KPTR_XCHG = 194;

  /** Additional kind besides the register types: a known scalar. */
  private static final int CONSTANT = 100;

  private final Program program;
  private final VerifierOptions options;
  private final long[] insns;
  private final InsnFacts facts;
  private final List<Integer> starts = new ArrayList<>();
  private final int[] depths;
  private final int[] visits;
  private final Set<String> walked = new HashSet<>();
  private final Deque<Path> paths = new ArrayDeque<>();
  private boolean writesPacket;

  /** Registers and stack slots of one frame, and where it returns to. */
  private static final class Path {
    int insn;
    final int[] kinds = new int[11];
    final long[] values = new long[11];
    final int[] slotKinds = new int[65];
    final long[] slotValues = new long[65];
    @Nullable Path caller;

    Path at(int index) {
      Path copy = new Path();
      copy.insn = index;
      System.arraycopy(kinds, 0, copy.kinds, 0, 11);
      System.arraycopy(values, 0, copy.values, 0, 11);
      System.arraycopy(slotKinds, 0, copy.slotKinds, 0, 65);
      System.arraycopy(slotValues, 0, copy.slotValues, 0, 65);
      copy.caller = caller;
      return copy;
    }

    void set(int register, int kind, long value) {
      kinds[register] = kind;
      values[register] = value;
    }

    String key() {
      return insn + Arrays.toString(kinds) + Arrays.toString(values) + (caller != null);
    }
  }

  private SketchedFacts(Program program, VerifierOptions options) {
    this.program = program;
    this.options = options;
    insns = program.insns();
    facts = new InsnFacts(insns.length);
    visits = new int[insns.length];
    findSubprogs();
    depths = new int[starts.size()];
  }

  /**
   * A verified program with sketched facts.
   *
   * @throws UnsupportedException if rewrites need facts that are not sketched
   */
  public static VerifiedProgram of(Program program, VerifierOptions options) {
    checkScope(program);
    SketchedFacts sketch = new SketchedFacts(program, options);
    sketch.walk();
    return sketch.result();
  }

  private static void checkScope(Program program) {
    if ((program.flags() & TEST_RND_HI32) != 0) {
      throw new UnsupportedException("sketch: reads of upper halves");
    }
    for (MapSpec map : program.maps()) {
      if (map.type() == MapType.ARENA || map.frozen()) {
        throw new UnsupportedException("sketch: " + (map.frozen() ? "frozen map" : "arena"));
      }
    }
    for (long word : program.insns()) {
      int code = InsnWord.code(word);
      int imm = InsnWord.imm(word);
      boolean helper = code == CALL_CODE && InsnWord.src(word) == 0;
      if (helper && Helpers.isFastcall(imm, program.type())) {
        throw new UnsupportedException("sketch: fastcall spills");
      }
      boolean perCpu = imm == PER_CPU_PTR || imm == THIS_CPU_PTR;
      if (helper
          && (imm == KPTR_XCHG || perCpu || imm >= SKC_TO_TCP6_SOCK && imm <= SKC_TO_UDP6_SOCK)) {
        throw new UnsupportedException("sketch: BTF pointers");
      }
      if (code == (STX | ATOMIC | W) && imm == CMPXCHG) {
        throw new UnsupportedException("sketch: reads of upper halves");
      }
    }
  }

  private void findSubprogs() {
    Set<Integer> found = new java.util.TreeSet<>(List.of(0));
    for (int i = 0; i < insns.length; i++) {
      int code = InsnWord.code(insns[i]);
      boolean call = code == CALL_CODE && InsnWord.src(insns[i]) == PSEUDO_CALL;
      boolean load = code == LD_IMM64 && InsnWord.src(insns[i]) == PSEUDO_FUNC;
      if (call || load) {
        found.add(i + 1 + InsnWord.imm(insns[i]));
      }
    }
    starts.addAll(found);
  }

  private int subprogOf(int insn) {
    int s = starts.size() - 1;
    while (starts.get(s) > insn) {
      s--;
    }
    return s;
  }

  private VerifiedProgram result() {
    List<SubprogFacts> subprogs = new ArrayList<>();
    for (int s = 0; s < starts.size(); s++) {
      subprogs.add(
          new SubprogFacts(
              starts.get(s),
              depths[s],
              false,
              false,
              false,
              false,
              false,
              false,
              0,
              false,
              false,
              false));
    }
    return new VerifiedProgram(program, facts, subprogs, writesPacket, false, options, null);
  }

  private void walk() {
    Path entry = new Path();
    entry.set(1, RegType.CTX, 0);
    entry.set(10, RegType.STACK, 0);
    paths.push(entry);
    while (!paths.isEmpty()) {
      Path path = paths.pop();
      while (path != null && walked.add(path.key()) && visits[path.insn]++ < VISITS) {
        facts.seen[path.insn] = true;
        path = step(path);
      }
    }
  }

  /** Executes one instruction; null ends the path. */
  private @Nullable Path step(Path path) {
    long word = insns[path.insn];
    int code = InsnWord.code(word);
    switch (classOf(code)) {
      case ALU, ALU64 -> arithmetic(path, word, code);
      case LD -> load(path, word, code);
      case LDX, ST, STX -> access(path, word, code);
      default -> {
        return jump(path, word, code);
      }
    }
    path.insn++;
    return path;
  }

  private void arithmetic(Path path, long word, int code) {
    int dst = InsnWord.dst(word);
    boolean wide = classOf(code) == ALU64;
    boolean byRegister = isX(code);
    int src = InsnWord.src(word);
    boolean known = !byRegister || path.kinds[src] == CONSTANT;
    long operand = byRegister ? path.values[src] : InsnWord.imm(word);
    if (op(code) == MOV && InsnWord.off(word) == 0) {
      if (byRegister && wide) {
        path.set(dst, path.kinds[src], path.values[src]);
      } else {
        path.set(dst, known ? CONSTANT : RegType.SCALAR, wide ? operand : operand & 0xffffffffL);
      }
      return;
    }
    boolean adds = (op(code) == ADD || op(code) == SUB) && wide && known;
    int kind = path.kinds[dst];
    if (adds && (kind == CONSTANT || kind == RegType.STACK)) {
      path.values[dst] += op(code) == ADD ? operand : -operand;
    } else if (!adds || kind == RegType.SCALAR || kind == CONSTANT) {
      boolean pointer = kind == RegType.PACKET || kind == RegType.MAP_VALUE;
      path.set(dst, pointer && wide ? kind : RegType.SCALAR, 0);
    }
  }

  private void load(Path path, long word, int code) {
    if (code != LD_IMM64) {
      for (int r = 0; r < 6; r++) {
        path.set(r, RegType.SCALAR, 0);
      }
      return;
    }
    int dst = InsnWord.dst(word);
    int imm = InsnWord.imm(word);
    switch (InsnWord.src(word)) {
      case PSEUDO_MAP_FD -> path.set(dst, RegType.CONST_PTR_TO_MAP, imm);
      case PSEUDO_MAP_VALUE -> path.set(dst, RegType.MAP_VALUE, 0);
      case PSEUDO_FUNC -> path.set(dst, RegType.FUNC, path.insn + 1 + imm);
      default -> path.set(dst, CONSTANT, InsnWord.imm64(word, insns[path.insn + 1]));
    }
    path.insn++;
    facts.seen[path.insn] = true;
  }

  private void access(Path path, long word, int code) {
    boolean load = classOf(code) == LDX;
    int base = load ? InsnWord.src(word) : InsnWord.dst(word);
    int kind = path.kinds[base];
    int off = InsnWord.off(word);
    facts.pointerType[path.insn] = kind;
    if (kind == RegType.STACK) {
      touch(path.insn, path.values[base] + off);
      stack(path, word, code, (int) (path.values[base] + off));
      return;
    }
    writesPacket |= !load && kind == RegType.PACKET;
    if (kind == RegType.CTX || kind >= RegType.SOCKET && kind <= RegType.XDP_SOCK) {
      facts.ctxFieldSize[path.insn] = (byte) (load ? fieldSize(kind, off) : 0);
    }
    if (load) {
      path.set(InsnWord.dst(word), kind == RegType.CTX ? fieldKind(off) : RegType.SCALAR, 0);
    }
  }

  private void stack(Path path, long word, int code, int off) {
    int slot = -off / 8;
    boolean whole = off % 8 == 0 && slot >= 0 && slot < 65 && size(code) == DW;
    if (classOf(code) == LDX) {
      int dst = InsnWord.dst(word);
      path.set(
          dst, whole ? path.slotKinds[slot] : RegType.SCALAR, whole ? path.slotValues[slot] : 0);
    } else if (whole && classOf(code) == STX && mode(code) == MEM) {
      path.slotKinds[slot] = path.kinds[InsnWord.src(word)];
      path.slotValues[slot] = path.values[InsnWord.src(word)];
    }
  }

  private void touch(int insn, long off) {
    int s = subprogOf(insn);
    depths[s] = Math.max(depths[s], (int) -off);
  }

  private int fieldSize(int kind, int off) {
    if (kind != RegType.CTX) {
      return 4;
    }
    return switch (program.type()) {
      case SOCKET_FILTER, SCHED_CLS, SCHED_ACT, CGROUP_SKB, LWT_IN, LWT_OUT, LWT_XMIT, SK_SKB ->
          off >= 48 && off < 68 || off == 180 ? 0 : 4;
      case SK_LOOKUP -> off >= 36 && off < 40 ? 2 : 4;
      case PERF_EVENT -> off >= 168 ? 8 : 0;
      case XDP, FLOW_DISSECTOR -> 0;
      default -> 4;
    };
  }

  private int fieldKind(int off) {
    ProgramType type = program.type();
    return switch (type) {
      case SOCKET_FILTER, SCHED_CLS, SCHED_ACT, CGROUP_SKB, LWT_IN, LWT_OUT, LWT_XMIT, SK_SKB ->
          off == 76 ? RegType.PACKET : off == 168 ? RegType.SOCK_COMMON : RegType.SCALAR;
      case XDP -> off == 0 ? RegType.PACKET : RegType.SCALAR;
      case SOCK_OPS -> off == 184 ? RegType.SOCKET : RegType.SCALAR;
      case CGROUP_SOCK_ADDR -> off == 64 ? RegType.SOCKET : RegType.SCALAR;
      case SK_MSG -> off == 72 ? RegType.SOCKET : RegType.SCALAR;
      case SK_LOOKUP, CGROUP_SOCKOPT -> off == 0 ? RegType.SOCKET : RegType.SCALAR;
      case SK_REUSEPORT -> off == 40 || off == 48 ? RegType.SOCKET : RegType.SCALAR;
      default -> RegType.SCALAR;
    };
  }

  private @Nullable Path jump(Path path, long word, int code) {
    int next = path.insn + 1;
    if (code == EXIT_CODE) {
      Path caller = path.caller;
      if (caller == null) {
        return null;
      }
      Path back = caller.at(caller.insn + 1);
      clobber(back);
      return back;
    }
    if (code == CALL_CODE) {
      return call(path, word);
    }
    if (code == JA_CODE || code == GOTOL_CODE) {
      path.insn = next + (code == JA_CODE ? InsnWord.off(word) : InsnWord.imm(word));
      return path;
    }
    int target = next + InsnWord.off(word);
    if (op(code) == JCOND) {
      paths.push(path.at(target));
      path.insn = next;
      return path;
    }
    int verdict = verdict(path, word, code);
    if (verdict < 0) {
      paths.push(path.at(target));
    }
    path.insn = verdict == 1 ? target : next;
    return path;
  }

  /** 1 taken, 0 not taken, -1 not known. */
  private static int verdict(Path path, long word, int code) {
    boolean known = !isX(code) || path.kinds[InsnWord.src(word)] == CONSTANT;
    if (!known || path.kinds[InsnWord.dst(word)] != CONSTANT) {
      return -1;
    }
    long left = path.values[InsnWord.dst(word)];
    long right = isX(code) ? path.values[InsnWord.src(word)] : InsnWord.imm(word);
    if (classOf(code) == JMP32) {
      left = left << 32 >> 32;
      right = right << 32 >> 32;
    }
    boolean taken =
        switch (op(code)) {
          case JEQ -> left == right;
          case JNE -> left != right;
          case JSET -> (left & right) != 0;
          case JGT -> Long.compareUnsigned(left, right) > 0;
          case JGE -> Long.compareUnsigned(left, right) >= 0;
          case JLT -> Long.compareUnsigned(left, right) < 0;
          case JLE -> Long.compareUnsigned(left, right) <= 0;
          case JSGT -> left > right;
          case JSGE -> left >= right;
          case JSLT -> left < right;
          default -> left <= right;
        };
    return taken ? 1 : 0;
  }

  private static void clobber(Path path) {
    for (int r = 0; r < 6; r++) {
      path.set(r, RegType.SCALAR, 0);
    }
  }

  private Path call(Path path, long word) {
    int imm = InsnWord.imm(word);
    if (InsnWord.src(word) == PSEUDO_CALL) {
      Path callee = new Path();
      for (int r = 1; r < 6; r++) {
        callee.set(r, path.kinds[r], path.values[r]);
      }
      callee.set(10, RegType.STACK, 0);
      callee.insn = path.insn + 1 + imm;
      callee.caller = path.at(path.insn);
      return callee;
    }
    for (int r = 1; r < 6; r++) {
      helperArgument(path, r, imm);
    }
    int result = result(path, imm);
    int map = facts.mapIndex[path.insn];
    clobber(path);
    path.set(0, result, result == RegType.CONST_PTR_TO_MAP ? map | InsnFacts.INNER_MAP : 0);
    path.insn++;
    return path;
  }

  private void helperArgument(Path path, int register, int helper) {
    int insn = path.insn;
    switch (path.kinds[register]) {
      case RegType.CONST_PTR_TO_MAP -> {
        int map = (int) path.values[register];
        facts.noteMap(insn, map);
      }
      case RegType.FUNC -> {
        Path callback = new Path();
        callback.set(10, RegType.STACK, 0);
        callback.insn = (int) path.values[register];
        paths.push(callback);
        int subprog = subprogOf(callback.insn);
        int known = facts.inlineLoopCallback[insn];
        boolean first = known < 0;
        boolean fits = helper == 181 && path.kinds[4] == CONSTANT && path.values[4] == 0;
        facts.inlineLoopFits[insn] =
            fits && (first || known == subprog && facts.inlineLoopFits[insn]);
        facts.inlineLoopCallback[insn] = subprog;
      }
      case RegType.STACK -> touch(insn, path.values[register]);
      case CONSTANT -> {
        if (helper == 12 && register == 3) {
          long key = path.values[3];
          long known = facts.constKey[insn];
          boolean same = known == InsnFacts.KEY_UNSEEN || known == key;
          facts.constKey[insn] = same ? key : InsnFacts.KEY_POISONED;
        }
      }
      default -> {
        if (helper == 12 && register == 3) {
          facts.constKey[insn] = InsnFacts.KEY_POISONED;
        }
      }
    }
  }

  private int result(Path path, int helper) {
    return switch (helper) {
      case 1 -> lookupResult(facts.mapIndex[path.insn]);
      case 84, 85, 95, 98 -> RegType.SOCKET;
      case 96 -> RegType.TCP_SOCK;
      case 99 -> RegType.SOCK_COMMON;
      default -> RegType.SCALAR;
    };
  }

  private int lookupResult(int map) {
    boolean plain = map >= 0 && (map & (InsnFacts.INNER_MAP | InsnFacts.MAP_POISONED)) == 0;
    MapType type = plain ? program.maps().get(map).type() : MapType.UNSPEC;
    return switch (type) {
      case XSKMAP -> RegType.XDP_SOCK;
      case SOCKMAP, SOCKHASH -> RegType.SOCKET;
      case ARRAY_OF_MAPS, HASH_OF_MAPS -> RegType.CONST_PTR_TO_MAP;
      default -> RegType.MAP_VALUE;
    };
  }
}
