package dev.skep.interp;

import static dev.skep.interp.Arithmetic.LOW;

import dev.skep.isa.Opcodes;
import dev.skep.machine.AddressSpace;
import dev.skep.machine.BpfCallback;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.BpfMapLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The runs of one CPU: stack, frames and the loop over instructions. Whoever holds the CPU uses it
 * alone. A run inside a run, and a callback, continue below on the same stack.
 */
final class Execution implements BpfCallback {
  /** MAX_TAIL_CALL_CNT: tail calls taken per entry into a main program. */
  private static final int MAX_TAIL_CALLS = 33;

  /** Frames of all functions on the stack: tail calls out of subprograms can pile up many. */
  private static final int MAX_FRAMES = 512;

  /**
   * Longs per frame: R6 to R10, the stack's low end, and the tail calls taken so far where the
   * callee counts its own.
   */
  private static final int SAVED = 7;

  private static final int STACK_LOW = 5;
  private static final int TAIL_CALLS = 6;

  /** In place of a count: caller and callee share it. */
  private static final long SHARED = -1;

  private static final int R10 = 10;
  private static final int AX = Opcodes.AX;

  /** BPF_MAX_TIMED_LOOPS, and how long a may_goto loop may take. */
  private static final long TIMED_LOOPS = 0xffff;

  private static final long TIMED_NANOS = 250_000_000;

  private final AddressSpace space;
  private final ProgramTable programs;
  private final Stack stack;
  private final AddressSpace.Window window = new AddressSpace.Window();

  private final long[] saved = new long[MAX_FRAMES * SAVED];
  private final @Nullable Code[] savedCode = new @Nullable Code[MAX_FRAMES];
  private final int[] savedPc = new int[MAX_FRAMES];
  private final List<long[]> registerSets = new ArrayList<>();

  private Cpu cpu;
  private int nesting;
  private int frames;
  private int tailCalls;
  private long stackLow;

  /** The program that runs, as far as functions that it calls need it. */
  private @Nullable Code current;

  Execution(AddressSpace space, ProgramTable programs, Cpu cpu, Stack stack) {
    this.space = space;
    this.programs = programs;
    this.cpu = cpu;
    this.stack = stack;
    stackLow = stack.end;
  }

  /** Runs a program from its first instruction; R1 and R2 hold the arguments. */
  long run(Cpu on, Code code, long r1, long r2) {
    BpfCallback outer = on.callback();
    int outerTailCalls = tailCalls;
    begin(on);
    try {
      return enter(code, 0, r1, r2, 0, 0, 0);
    } finally {
      tailCalls = outerTailCalls;
      on.callback(outer);
    }
  }

  /** Calls a function of a program outside of a run. */
  long call(Cpu on, Code code, long function, long r1, long r2, long r3) {
    BpfCallback outer = on.callback();
    Code outerCode = current;
    int outerTailCalls = tailCalls;
    begin(on);
    current = code;
    try {
      return call(function, r1, r2, r3, 0, 0);
    } finally {
      current = outerCode;
      tailCalls = outerTailCalls;
      on.callback(outer);
    }
  }

  private void begin(Cpu on) {
    cpu = on;
    if (nesting == 0) {
      // Memory of an earlier run may be gone.
      window.start = 0;
      window.end = 0;
    }
    on.callback(this);
    tailCalls = 0;
  }

  @Override
  public long call(long function, long r1, long r2, long r3, long r4, long r5) {
    Code code = current;
    int start = FunctionAddress.start(function);
    if (code == null) {
      throw new IllegalStateException("callback outside of a run");
    }
    if (!FunctionAddress.isFunction(function)
        || start >= code.frameSizes.length
        || code.frameSizes[start] < 0) {
      throw new Trap(code.name, 0, "callback to 0x" + Long.toHexString(function));
    }
    return enter(code, start, r1, r2, r3, r4, r5);
  }

  private long enter(Code code, int start, long r1, long r2, long r3, long r4, long r5) {
    if (nesting == registerSets.size()) {
      registerSets.add(new long[Ops.REGISTERS]);
    }
    long[] r = registerSets.get(nesting);
    Arrays.fill(r, 0);
    r[1] = r1;
    r[2] = r2;
    r[3] = r3;
    r[4] = r4;
    r[5] = r5;
    Code outer = current;
    long outerLow = stackLow;
    int outerFrames = frames;
    r[R10] = stackLow;
    nesting++;
    try {
      stackLow = below(code, start, r[R10], code.frameSizes[start]);
      return execute(code, start, r);
    } finally {
      nesting--;
      stackLow = outerLow;
      frames = outerFrames;
      current = outer;
    }
  }

  /**
   * The loop. Hot: one table switch, no allocation, no calls but those that the JVM inlines; the
   * method must stay below 8000 bytes of byte code, above which HotSpot does not compile.
   */
  private long execute(Code first, int start, long[] r) {
    Code code = first;
    byte[] op = code.op;
    byte[] dst = code.dst;
    byte[] src = code.src;
    int[] off = code.off;
    long[] imm = code.imm;
    int bottom = frames;
    int pc = start;
    while (true) {
      int d = dst[pc];
      r[Ops.CONSTANT] = imm[pc];
      long b = r[src[pc]];
      switch (op[pc]) {
        case Ops.ADD64 -> r[d] += b;
        case Ops.SUB64 -> r[d] -= b;
        case Ops.MUL64 -> r[d] *= b;
        case Ops.DIV64 -> r[d] = Arithmetic.div64(r[d], b);
        case Ops.SDIV64 -> r[d] = Arithmetic.sdiv64(r[d], b);
        case Ops.MOD64 -> r[d] = Arithmetic.mod64(r[d], b);
        case Ops.SMOD64 -> r[d] = Arithmetic.smod64(r[d], b);
        case Ops.OR64 -> r[d] |= b;
        case Ops.AND64 -> r[d] &= b;
        case Ops.XOR64 -> r[d] ^= b;
        case Ops.LSH64 -> r[d] <<= b;
        case Ops.RSH64 -> r[d] >>>= b;
        case Ops.ARSH64 -> r[d] >>= b;
        case Ops.MOV64 -> r[d] = b;
        case Ops.ADD32 -> r[d] = r[d] + b & LOW;
        case Ops.SUB32 -> r[d] = r[d] - b & LOW;
        case Ops.MUL32 -> r[d] = r[d] * b & LOW;
        case Ops.DIV32 -> r[d] = Arithmetic.div32(r[d], b);
        case Ops.SDIV32 -> r[d] = Arithmetic.sdiv32(r[d], b);
        case Ops.MOD32 -> r[d] = Arithmetic.mod32(r[d], b);
        case Ops.SMOD32 -> r[d] = Arithmetic.smod32(r[d], b);
        case Ops.OR32 -> r[d] = (r[d] | b) & LOW;
        case Ops.AND32 -> r[d] = r[d] & b & LOW;
        case Ops.XOR32 -> r[d] = (r[d] ^ b) & LOW;
        case Ops.LSH32 -> r[d] = (int) r[d] << (int) b & LOW;
        case Ops.RSH32 -> r[d] = (int) r[d] >>> (int) b & LOW;
        case Ops.ARSH32 -> r[d] = (int) r[d] >> (int) b & LOW;
        case Ops.MOV32 -> r[d] = b & LOW;
        case Ops.NEG64 -> r[d] = -r[d];
        case Ops.NEG32 -> r[d] = -r[d] & LOW;
        case Ops.MOVSX64_8 -> r[d] = (byte) b;
        case Ops.MOVSX64_16 -> r[d] = (short) b;
        case Ops.MOVSX64_32 -> r[d] = (int) b;
        case Ops.MOVSX32_8 -> r[d] = (byte) b & LOW;
        case Ops.MOVSX32_16 -> r[d] = (short) b & LOW;
        case Ops.KEEP16 -> r[d] = b & 0xffff;
        case Ops.SWAP16 -> r[d] = Short.reverseBytes((short) b) & 0xffff;
        case Ops.SWAP32 -> r[d] = Integer.reverseBytes((int) b) & LOW;
        case Ops.SWAP64 -> r[d] = Long.reverseBytes(b);
        case Ops.PERCPU -> r[d] = b + cpu.perCpuBase();
        case Ops.LDDW -> {
          r[d] = imm[pc];
          pc++;
        }
        case Ops.LDX_B -> r[d] = Memory.getByte(checked(b + off[pc], 1, code, pc)) & 0xff;
        case Ops.LDX_H -> r[d] = Memory.getShort(checked(b + off[pc], 2, code, pc)) & 0xffff;
        case Ops.LDX_W -> r[d] = Memory.getInt(checked(b + off[pc], 4, code, pc)) & LOW;
        case Ops.LDX_DW -> r[d] = Memory.getLong(checked(b + off[pc], 8, code, pc));
        case Ops.LDXS_B -> r[d] = Memory.getByte(checked(b + off[pc], 1, code, pc));
        case Ops.LDXS_H -> r[d] = Memory.getShort(checked(b + off[pc], 2, code, pc));
        case Ops.LDXS_W -> r[d] = Memory.getInt(checked(b + off[pc], 4, code, pc));
        case Ops.PROBE -> r[d] = probe(b + off[pc], (int) imm[pc]);
        case Ops.ST_B -> Memory.putByte(checked(r[d] + off[pc], 1, code, pc), (byte) b);
        case Ops.ST_H -> Memory.putShort(checked(r[d] + off[pc], 2, code, pc), (short) b);
        case Ops.ST_W -> Memory.putInt(checked(r[d] + off[pc], 4, code, pc), (int) b);
        case Ops.ST_DW -> Memory.putLong(checked(r[d] + off[pc], 8, code, pc), b);
        case Ops.ATOMIC -> atomic(r, code, pc);
        case Ops.JA -> pc = off[pc] - 1;
        case Ops.JEQ64 -> pc = r[d] == b ? off[pc] - 1 : pc;
        case Ops.JNE64 -> pc = r[d] != b ? off[pc] - 1 : pc;
        case Ops.JGT64 -> pc = Long.compareUnsigned(r[d], b) > 0 ? off[pc] - 1 : pc;
        case Ops.JGE64 -> pc = Long.compareUnsigned(r[d], b) >= 0 ? off[pc] - 1 : pc;
        case Ops.JLT64 -> pc = Long.compareUnsigned(r[d], b) < 0 ? off[pc] - 1 : pc;
        case Ops.JLE64 -> pc = Long.compareUnsigned(r[d], b) <= 0 ? off[pc] - 1 : pc;
        case Ops.JSGT64 -> pc = r[d] > b ? off[pc] - 1 : pc;
        case Ops.JSGE64 -> pc = r[d] >= b ? off[pc] - 1 : pc;
        case Ops.JSLT64 -> pc = r[d] < b ? off[pc] - 1 : pc;
        case Ops.JSLE64 -> pc = r[d] <= b ? off[pc] - 1 : pc;
        case Ops.JSET64 -> pc = (r[d] & b) != 0 ? off[pc] - 1 : pc;
        case Ops.JEQ32 -> pc = (int) r[d] == (int) b ? off[pc] - 1 : pc;
        case Ops.JNE32 -> pc = (int) r[d] != (int) b ? off[pc] - 1 : pc;
        case Ops.JGT32 -> pc = (r[d] & LOW) > (b & LOW) ? off[pc] - 1 : pc;
        case Ops.JGE32 -> pc = (r[d] & LOW) >= (b & LOW) ? off[pc] - 1 : pc;
        case Ops.JLT32 -> pc = (r[d] & LOW) < (b & LOW) ? off[pc] - 1 : pc;
        case Ops.JLE32 -> pc = (r[d] & LOW) <= (b & LOW) ? off[pc] - 1 : pc;
        case Ops.JSGT32 -> pc = (int) r[d] > (int) b ? off[pc] - 1 : pc;
        case Ops.JSGE32 -> pc = (int) r[d] >= (int) b ? off[pc] - 1 : pc;
        case Ops.JSLT32 -> pc = (int) r[d] < (int) b ? off[pc] - 1 : pc;
        case Ops.JSLE32 -> pc = (int) r[d] <= (int) b ? off[pc] - 1 : pc;
        case Ops.JSET32 -> pc = (int) (r[d] & b) != 0 ? off[pc] - 1 : pc;
        case Ops.NOP -> {}
        case Ops.TIMED_MAY_GOTO -> timedMayGoto(r, code, pc);
        case Ops.CALL -> {
          current = code;
          r[0] = code.functions[(int) imm[pc]].call(cpu, r[1], r[2], r[3], r[4], r[5]);
        }
        case Ops.CALL_LOCAL -> {
          push(code, pc, r);
          pc = off[pc] - 1;
        }
        case Ops.EXIT, Ops.TAIL_CALL, Ops.TAIL_CALL_DIRECT, Ops.CALL_EXTENSION -> {
          Code next;
          if (op[pc] == Ops.CALL_EXTENSION) {
            next = pushExtension(code, pc, r);
            pc = -1;
          } else if (op[pc] == Ops.EXIT) {
            if (frames == bottom) {
              return r[0];
            }
            next = pop(r);
            pc = savedPc[frames];
          } else {
            next = tailCall(r, code, pc);
            pc = next == null ? pc : -1;
            next = next == null ? code : next;
          }
          if (next != code) {
            code = next;
            op = code.op;
            dst = code.dst;
            src = code.src;
            off = code.off;
            imm = code.imm;
          }
        }
        case Ops.OBSERVE -> {
          observe(code, (int) b, r);
          pc = off[pc] - 1;
        }
        default -> throw new Trap(code.name, pc, "unreachable instruction");
      }
      pc++;
    }
  }

  private static void observe(Code code, int insn, long[] r) {
    StepObserver observer = code.observer;
    if (observer != null) {
      observer.before(insn, r);
    }
  }

  /** The address itself, if all bytes of an access are the program's; a trap else. */
  private long checked(long address, int bytes, Code code, int pc) {
    if (address >= stackLow && address <= stack.end - bytes
        || address >= window.start && address <= window.end - bytes
        || space.find(address, bytes, window)) {
      return address;
    }
    throw new Trap(
        code.name, pc, "access of " + bytes + " bytes at 0x" + Long.toHexString(address));
  }

  /** A load that gives 0 where there is no memory (PROBE_MEM). */
  private long probe(long address, int insnCode) {
    int bytes = Opcodes.bytes(insnCode);
    boolean known =
        address >= stackLow && address <= stack.end - bytes || space.find(address, bytes, window);
    if (!known) {
      return 0;
    }
    boolean signed = Opcodes.mode(insnCode) == Opcodes.PROBE_MEMSX;
    return switch (bytes) {
      case 1 -> signed ? Memory.getByte(address) : Memory.getByte(address) & 0xffL;
      case 2 -> signed ? Memory.getShort(address) : Memory.getShort(address) & 0xffffL;
      case 4 -> signed ? Memory.getInt(address) : Memory.getInt(address) & LOW;
      default -> Memory.getLong(address);
    };
  }

  private void atomic(long[] r, Code code, int pc) {
    int op = (int) code.imm[pc];
    int bytes = (int) (code.imm[pc] >>> 32);
    int dst = code.dst[pc];
    int src = code.src[pc];
    int off = code.off[pc];
    if (op == Opcodes.LOAD_ACQ) {
      r[dst] = Atomics.loadAcquire(bytes, checked(r[src] + off, bytes, code, pc));
      return;
    }
    long address = checked(r[dst] + off, bytes, code, pc);
    if (op == Opcodes.STORE_REL) {
      Atomics.storeRelease(bytes, address, r[src]);
      return;
    }
    long old = Atomics.apply(bytes == 8, op, address, r[src], r[0]);
    if (op == Opcodes.CMPXCHG) {
      boolean kept = code.rewritten && bytes == 4 && (int) old == (int) r[0];
      r[0] = kept ? r[0] : old;
    } else if ((op & Opcodes.FETCH) != 0) {
      r[src] = old;
    }
  }

  /**
   * arch_bpf_timed_may_goto: AX is the distance from R10 of a counter and the time of its first
   * refill; gives the loops that are granted in AX and keeps all other registers.
   */
  private void timedMayGoto(long[] r, Code code, int pc) {
    long timestamp = checked(r[R10] + r[AX], 16, code, pc) + 8;
    long now = System.nanoTime() | 1;
    long since = Memory.getLong(timestamp);
    if (since == 0) {
      Memory.putLong(timestamp, now);
      r[AX] = TIMED_LOOPS;
    } else {
      r[AX] = now - since >= TIMED_NANOS ? 0 : TIMED_LOOPS;
    }
  }

  /** The low end of a frame that starts at an address. */
  private long below(Code code, int pc, long top, int bytes) {
    long low = top - (bytes + Code.FRAME_ALIGNMENT - 1 & -Code.FRAME_ALIGNMENT);
    if (low < stack.start) {
      throw new Trap(code.name, pc, "stack overflow");
    }
    return low;
  }

  /** Enters the function that a local call names. */
  private void push(Code code, int pc, long[] r) {
    push(code, pc, r, (int) code.imm[pc], SHARED);
  }

  /**
   * Enters the program that stands in for the function that a call names. It counts tail calls from
   * 0, as a main program does.
   */
  private Code pushExtension(Code code, int pc, long[] r) {
    Code extension = code.extensions[(int) code.imm[pc]];
    push(code, pc, r, extension.frameSizes[0], tailCalls);
    tailCalls = 0;
    return extension;
  }

  private void push(Code code, int pc, long[] r, int frameSize, long tailCallsBefore) {
    if (frames == MAX_FRAMES) {
      throw new Trap(code.name, pc, "more than " + MAX_FRAMES + " frames");
    }
    int at = frames * SAVED;
    System.arraycopy(r, 6, saved, at, STACK_LOW);
    saved[at + STACK_LOW] = stackLow;
    saved[at + TAIL_CALLS] = tailCallsBefore;
    savedCode[frames] = code;
    savedPc[frames] = pc;
    r[R10] = stackLow;
    stackLow = below(code, pc, stackLow, frameSize);
    frames++;
  }

  /** Goes back to the caller, whose program it gives; savedPc[frames] is the call. */
  private Code pop(long[] r) {
    frames--;
    int at = frames * SAVED;
    System.arraycopy(saved, at, r, 6, STACK_LOW);
    stackLow = saved[at + STACK_LOW];
    long before = saved[at + TAIL_CALLS];
    if (before != SHARED) {
      tailCalls = (int) before;
    }
    Code caller = savedCode[frames];
    if (caller == null) {
      throw new IllegalStateException("frame " + frames + " without a program");
    }
    return caller;
  }

  /** The program to go on with, its frame in place of the current one; null to fall through. */
  private @Nullable Code tailCall(long[] r, Code code, int pc) {
    boolean direct = code.op[pc] == Ops.TAIL_CALL_DIRECT;
    long array = direct ? code.imm[pc] : r[2];
    long index = direct ? code.off[pc] & LOW : r[3] & LOW;
    long entries = Memory.getInt(checked(array + BpfMapLayout.MAX_ENTRIES, 4, code, pc)) & LOW;
    if (index >= entries || tailCalls >= MAX_TAIL_CALLS) {
      return null;
    }
    long slot = checked(array + BpfArrayLayout.PTRS + 8 * index, 8, code, pc);
    long address = Memory.getLongAcquire(slot);
    InterpretedProgram target = address == 0 ? null : programs.at(address);
    if (target == null) {
      return null;
    }
    tailCalls++;
    Code next = target.code();
    stackLow = below(next, 0, r[R10], next.frameSizes[0]);
    return next;
  }
}
