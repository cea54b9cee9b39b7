package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;

/** Loads from and stores to the stack: spills, fills, and bytes of no or zero content. */
final class StackAccess {
  private final Env env;
  private final Dynptrs dynptrs;

  StackAccess(Env env) {
    this.env = env;
    dynptrs = new Dynptrs(env);
  }

  // Bounds ------------------------------------------------------------------------------------

  private Frame frame(int regno) {
    return env.cur.frame(Reg.frame(env.regs(), Frame.reg(regno)));
  }

  /** check_stack_access_within_bounds; {@code off} holds the register's fixed offset too. */
  void checkBounds(int regno, int off, int size, boolean write) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    long min;
    long max;
    boolean fixed = Reg.isConst(r, at);
    if (fixed) {
      min = Reg.value(r, at) + off;
      max = min + size;
    } else {
      if (Reg.smax(r, at) >= Env.MAX_VARIABLE || Reg.smin(r, at) <= -Env.MAX_VARIABLE) {
        throw env.reject(
            Errno.EACCES,
            "invalid unbounded variable-offset" + direction(write) + " stack R" + regno);
      }
      min = Reg.smin(r, at) + off;
      max = Reg.smax(r, at) + off + size;
    }
    int deepest = write || !env.guarded ? Env.MAX_STACK : frame(regno).allocatedStack;
    int errno = min < -deepest || min > -1 ? Errno.EACCES : 0;
    if (errno == 0 && max > 0) {
      errno = Errno.EINVAL;
    }
    if (errno == 0 && size < 0) {
      errno = Errno.EFAULT;
    }
    if (errno != 0) {
      String where = fixed ? " off=" : " var_off=" + tnum(r, at) + " off=";
      throw env.reject(
          errno,
          (fixed ? "invalid" : "invalid variable-offset")
              + direction(write)
              + " stack R"
              + regno
              + where
              + off
              + " size="
              + size);
    }
    grow(frame(regno), (int) -min);
  }

  private static String direction(boolean write) {
    return write ? " write to" : " read from";
  }

  /** A tnum as messages show it, for example "(0x0; 0x1c)" or "8". */
  static String tnum(long[] r, int at) {
    long value = Reg.value(r, at);
    long mask = Reg.mask(r, at);
    if (mask == 0) {
      return (value & ~0xffffL) == 0 ? Long.toString(value) : "0x" + Long.toHexString(value);
    }
    return "(0x" + Long.toHexString(value) + "; 0x" + Long.toHexString(mask) + ")";
  }

  /** Makes the stack known down to {@code -bytes} (grow_stack_state). */
  void grow(Frame frame, int bytes) {
    if ((bytes + 7) / 8 > frame.slots()) {
      frame.grow(bytes);
      Subprog subprog = env.subprogs[frame.subprogno];
      subprog.stackDepth = Math.max(subprog.stackDepth, frame.allocatedStack);
    }
  }

  /** A slot of fastcall spills is used by something else (check_fastcall_stack_contract). */
  void checkFastcall(Frame frame, int insn, int off) {
    Subprog subprog = env.subprogs[frame.subprogno];
    if (subprog.fastcallStackOff <= off || env.facts.fastcallPattern[insn]) {
      return;
    }
    subprog.fastcallStackOff = Subprog.FASTCALL_OFF;
    for (int i = subprog.start; i < subprog.end; i++) {
      env.facts.fastcallSpills[i] = 0;
      env.facts.fastcallPattern[i] = false;
    }
  }

  // Writes ------------------------------------------------------------------------------------

  /**
   * check_stack_write.
   *
   * @param value register that is stored, -1 for something unknown or the constant of a ST
   */
  void write(int regno, int off, int size, int value, int insn) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.isConst(r, at)) {
      writeFixed(frame(regno), off + (int) Reg.value(r, at), size, value, insn);
    } else {
      writeVariable(regno, off, size, value, insn);
    }
  }

  private boolean storesConstant(int insn) {
    int code = InsnWord.code(env.insns[insn]);
    return classOf(code) == ST && mode(code) == dev.skep.isa.Opcodes.MEM;
  }

  private void writeFixed(Frame frame, int off, int size, int value, int insn) {
    int slot = -off - 1;
    int spi = slot / 8;
    boolean aligned = off % 8 == 0;
    Frame current = env.cur.current();
    int at = Frame.reg(Math.max(value, 0));
    if (env.guarded) {
      guard(frame, slot, size, value, insn);
    }
    dynptrs.destroy(frame, spi);
    if (aligned && size == 8) {
      env.liveStack.write(frame.frameno, 1L << spi);
    }
    checkFastcall(frame, insn, off);
    env.trace.scratched.slot(spi);
    if (value >= 0 && aligned && Reg.type(current.regs, at) == SCALAR) {
      boolean fits = width(current.regs, at) <= size * 8;
      if (fits) {
        assignId(current.regs, at);
      }
      spill(frame, spi, current.regs, at, size);
      if (!fits) {
        Reg.unlink(frame.spilled(spi), Frame.spill(spi));
      }
    } else if (value < 0 && aligned && storesConstant(insn)) {
      spillConstant(frame, spi, InsnWord.imm(env.insns[insn]), size);
    } else if (value >= 0 && spillable(Reg.type(current.regs, at))) {
      if (size != 8) {
        env.trace.sourceLine(insn, "; ");
        throw env.reject(Errno.EACCES, "invalid size of register spill");
      }
      if (frame != current && Reg.type(current.regs, at) == STACK) {
        throw env.reject(
            Errno.EINVAL, "cannot spill pointers to stack into stack frame of the caller");
      }
      spill(frame, spi, current.regs, at, size);
    } else {
      writeBytes(frame, slot, size, value, insn);
      return;
    }
    env.pushHistory(JumpHistory.stackAccess(frame.frameno, spi), 0);
  }

  /**
   * A spilled pointer must not be changed in part; and where a load may be given what was there
   * before the store, a barrier keeps it from it.
   */
  private void guard(Frame frame, int slot, int size, int value, int insn) {
    int spi = slot / 8;
    long types = frame.types(spi);
    boolean pointer =
        StackSlot.isSpilled(types) && Reg.type(frame.spilledView(spi), Frame.spill(spi)) != SCALAR;
    if (pointer && size != 8) {
      throw env.reject(Errno.EACCES, "attempt to corrupt spilled pointer on stack");
    }
    boolean barrier = value >= 0 && spillable(Reg.type(env.cur.current().regs, Frame.reg(value)));
    for (int i = 0; i < size && !barrier; i++) {
      int type = StackSlot.type(types, (slot - i) % 8);
      barrier = type != StackSlot.MISC && type != StackSlot.ZERO;
    }
    env.facts.nospecResult[insn] |= barrier;
  }

  private void writeBytes(Frame frame, int slot, int size, int value, int insn) {
    int spi = slot / 8;
    Reg.setType(frame.spilled(spi), Frame.spill(spi), NOT_INIT);
    if (StackSlot.isSpecial(frame.types(spi))) {
      frame.setTypes(spi, StackSlot.scrub(frame.types(spi)));
    }
    int type = StackSlot.MISC;
    if (writesZero(value, insn)) {
      // A zero that is no spill: what it came from must stay zero on all equal paths.
      if (value >= 0) {
        env.backtrack.register(value);
      }
      type = StackSlot.ZERO;
    }
    long types = frame.types(spi);
    for (int i = 0; i < size; i++) {
      types = StackSlot.with(types, (slot - i) % 8, type);
    }
    frame.setTypes(spi, types);
  }

  private boolean writesZero(int value, int insn) {
    return value >= 0
        ? Reg.isNull(env.regs(), Frame.reg(value))
        : storesConstant(insn) && InsnWord.imm(env.insns[insn]) == 0;
  }

  private void spill(Frame frame, int spi, long[] r, int at, int size) {
    Reg.copy(r, at, frame.spilled(spi), Frame.spill(spi));
    markSpilled(frame, spi, size);
  }

  private void spillConstant(Frame frame, int spi, long constant, int size) {
    int at = Frame.spill(spi);
    long[] r = frame.spilled(spi);
    r[at + Reg.LAST] = 0;
    Reg.markConst(r, at, constant);
    markSpilled(frame, spi, size);
  }

  private static void markSpilled(Frame frame, int spi, int size) {
    long types = frame.types(spi);
    for (int i = 0; i < 8; i++) {
      if (i >= 8 - size) {
        types = StackSlot.with(types, i, StackSlot.SPILL);
      } else {
        int type = StackSlot.type(types, i);
        if (type != StackSlot.ZERO && type != StackSlot.INVALID) {
          types = StackSlot.with(types, i, StackSlot.MISC);
        }
      }
    }
    frame.setTypes(spi, types);
  }

  /** Bits that the greatest value of a register needs (get_reg_width). */
  static int width(long[] r, int at) {
    return 64 - Long.numberOfLeadingZeros(Reg.umax(r, at));
  }

  /** Gives a scalar an id before it is copied, so that the copies stay linked. */
  void assignId(long[] r, int at) {
    if (Reg.type(r, at) != SCALAR) {
      return;
    }
    if ((Reg.id(r, at) & Reg.ADD_CONST) != 0) {
      Reg.unlink(r, at);
    }
    if (Reg.id(r, at) == 0 && !Reg.isConst(r, at)) {
      Reg.setId(r, at, env.nextId());
    }
  }

  private static boolean spillable(int type) {
    return switch (RegType.base(type)) {
      case MAP_VALUE,
          STACK,
          CTX,
          PACKET,
          PACKET_META,
          PACKET_END,
          FLOW_KEYS,
          CONST_PTR_TO_MAP,
          SOCKET,
          SOCK_COMMON,
          TCP_SOCK,
          XDP_SOCK,
          BTF_ID,
          BUF,
          RegType.MEM,
          FUNC,
          MAP_KEY,
          ARENA ->
          true;
      default -> false;
    };
  }

  private void writeVariable(int regno, int off, int size, int value, int insn) {
    Frame frame = frame(regno);
    long[] r = env.regs();
    int at = Frame.reg(regno);
    int min = (int) Reg.smin(r, at) + off;
    int max = (int) Reg.smax(r, at) + off + size;
    boolean zero = writesZero(value, insn);
    boolean zeroUsed = false;
    for (int i = min; i < max; i++) {
      dynptrs.destroy(frame, (-i - 1) / 8);
    }
    checkFastcall(frame, insn, min);
    for (int i = min; i < max; i++) {
      if (env.guarded) {
        int type = StackSlot.type(frame.types((-i - 1) / 8), (-i - 1) % 8);
        if (type != StackSlot.MISC && type != StackSlot.ZERO) {
          throw env.rejectWithoutLine(
              Errno.EINVAL,
              "spilled ptr in range of var-offset stack write; insn " + insn + ", ptr off: " + i);
        }
      }
      zeroUsed |= mayWrite(frame, -i - 1, zero);
    }
    if (zeroUsed && value >= 0) {
      env.backtrack.register(value);
    }
  }

  /** One byte that a store may or may not hit; whether the stored zero was relied on. */
  private boolean mayWrite(Frame frame, int slot, boolean zero) {
    int spi = slot / 8;
    int at = Frame.spill(spi);
    long types = frame.types(spi);
    int type = StackSlot.type(types, slot % 8);
    env.trace.scratched.slot(spi);
    if (zero
        && type == StackSlot.SPILL
        && StackSlot.isSpilled(types)
        && Reg.isNull(frame.spilledView(spi), at)) {
      return true;
    }
    Reg.setType(frame.spilled(spi), at, NOT_INIT);
    if (StackSlot.isSpecial(types)) {
      types = StackSlot.scrub(types);
      type = StackSlot.type(types, slot % 8);
    }
    boolean stays = zero && type == StackSlot.ZERO;
    long scrubbed = StackSlot.isSpilled(types) ? StackSlot.scrub(types) : types;
    frame.setTypes(
        spi, StackSlot.with(scrubbed, slot % 8, stays ? StackSlot.ZERO : StackSlot.MISC));
    return stays;
  }

  // Reads -------------------------------------------------------------------------------------

  /**
   * check_stack_read.
   *
   * @param target register that is loaded, -1 for none
   */
  void read(int regno, int off, int size, int target) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.isConst(r, at)) {
      readFixed(frame(regno), off + (int) Reg.value(r, at), size, target);
      return;
    }
    if (target < 0) {
      throw env.reject(
          Errno.EACCES,
          "variable offset stack pointer cannot be passed into helper function; var_off="
              + tnum(r, at)
              + " off="
              + off
              + " size="
              + size);
    }
    Frame frame = frame(regno);
    int min = (int) Reg.smin(r, at) + off;
    int max = (int) Reg.smax(r, at) + off;
    checkRange(regno, off, size, false, false, null);
    readBytes(frame, min, max + size, target);
    checkFastcall(frame, env.insn, min);
  }

  private void readFixed(Frame frame, int off, int size, int target) {
    int slot = -off - 1;
    int spi = slot / 8;
    long types = frame.types(spi);
    env.trace.scratched.slot(spi);
    checkFastcall(env.cur.current(), env.insn, off);
    env.liveStack.read(frame.frameno, env.insn, 1L << spi);
    boolean fill;
    if (StackSlot.isSpilled(types)) {
      int spilled = 1;
      for (int i = 7; i > 0 && StackSlot.type(types, i - 1) == StackSlot.SPILL; i--) {
        spilled++;
      }
      if (size == 8 && spilled == 8) {
        if (target >= 0) {
          Reg.copy(frame.spilledView(spi), Frame.spill(spi), env.regs(), Frame.reg(target));
        } else if (env.guarded && Reg.type(frame.spilledView(spi), Frame.spill(spi)) != SCALAR) {
          throw env.reject(Errno.EACCES, "leaking pointer from stack off " + off);
        }
        fill = true;
      } else {
        if (Reg.type(frame.spilledView(spi), Frame.spill(spi)) != SCALAR) {
          env.trace.sourceLine(env.insn, "; ");
          throw env.reject(Errno.EACCES, "invalid size of register fill");
        }
        if (target < 0) {
          return;
        }
        fill = partialFill(frame, off, size, spilled, target);
      }
    } else {
      checkReadable(types, off, size);
      if (target >= 0) {
        readBytes(frame, off, off + size, target);
      }
      fill = false;
    }
    if (fill) {
      env.pushHistory(JumpHistory.stackAccess(frame.frameno, spi), 0);
    }
  }

  /** Nothing is unreadable for root; bytes of objects are. */
  private void checkReadable(long types, int off, int size) {
    int slot = -off - 1;
    for (int i = 0; i < size; i++) {
      int type = StackSlot.type(types, (slot - i) % 8);
      if (type >= StackSlot.DYNPTR || type == StackSlot.SPILL || isSecret(type)) {
        throw env.reject(
            Errno.EACCES, "invalid read from stack off " + off + "+" + i + " size " + size);
      }
    }
  }

  /** Bytes that nobody wrote may be somebody else's (allow_uninit_stack). */
  private boolean isSecret(int type) {
    return type == StackSlot.INVALID && env.guarded;
  }

  /** Fewer bytes than were spilled, or than the register has; whether it counts as a fill. */
  private boolean partialFill(Frame frame, int off, int size, int spilled, int target) {
    int spi = off(off);
    long[] stack = frame.spilledView(spi);
    int from = Frame.spill(spi);
    long[] r = env.regs();
    int at = Frame.reg(target);
    if (size <= spilled && off % 8 == 0) {
      Reg.copyValue(stack, from, r, at);
      if (width(stack, from) > size * 8) {
        Reg.unlink(r, at);
      }
      return true;
    }
    int slot = -off - 1;
    long types = frame.types(slot / 8);
    int spills = 0;
    int zeros = 0;
    for (int i = 0; i < size; i++) {
      int type = StackSlot.type(types, (slot - i) % 8);
      spills += type == StackSlot.SPILL ? 1 : 0;
      zeros += type == StackSlot.ZERO ? 1 : 0;
      if (type >= StackSlot.DYNPTR || isSecret(type)) {
        throw env.reject(
            Errno.EACCES, "invalid read from stack off " + off + "+" + i + " size " + size);
      }
    }
    boolean zeroSpilled = spills == size && Reg.isConst(stack, from) && Reg.value(stack, from) == 0;
    if (zeroSpilled || zeros == size) {
      markZero(r, at);
      return zeroSpilled;
    }
    Reg.markUnknown(r, at, false);
    return false;
  }

  private static int off(int off) {
    return (-off - 1) / 8;
  }

  static void markZero(long[] r, int at) {
    Reg.markConst(r, at, 0);
    Reg.setPrecise(r, at, false);
  }

  /** mark_reg_stack_read: zero if all bytes are, else unknown. */
  private void readBytes(Frame frame, int min, int max, int target) {
    boolean zero = true;
    for (int i = min; i < max && zero; i++) {
      int slot = -i - 1;
      env.trace.scratched.slot(slot / 8);
      zero = StackSlot.type(frame.types(slot / 8), slot % 8) == StackSlot.ZERO;
    }
    if (zero) {
      markZero(env.regs(), Frame.reg(target));
    } else {
      Reg.markUnknown(env.regs(), Frame.reg(target), false);
    }
  }

  // Ranges that helpers access ----------------------------------------------------------------

  /**
   * check_stack_range_initialized.
   *
   * @param off with the register's fixed offset
   * @param raw where to note that the helper fills the range, so that it need not be initialised;
   *     null when it reads
   */
  void checkRange(
      int regno,
      int off,
      int size,
      boolean zeroAllowed,
      boolean write,
      @org.jspecify.annotations.Nullable CallArguments raw) {
    if (size == 0 && !zeroAllowed) {
      throw env.reject(Errno.EACCES, "invalid zero-sized read");
    }
    checkBounds(regno, off, size, write);
    long[] r = env.regs();
    int at = Frame.reg(regno);
    Frame frame = frame(regno);
    boolean fixed = Reg.isConst(r, at);
    int min = off + (int) (fixed ? Reg.value(r, at) : Reg.smin(r, at));
    int max = off + (int) (fixed ? Reg.value(r, at) : Reg.smax(r, at));
    if (!fixed && env.guarded) {
      throw env.reject(
          Errno.EACCES,
          "R"
              + regno
              + " variable offset stack access prohibited for !root, var_off="
              + tnum(r, at));
    }
    if (raw != null && raw.rawMode && fixed) {
      for (int i = min; i < max + size; i++) {
        int slot = -i - 1;
        if (slot < frame.allocatedStack
            && StackSlot.type(frame.types(slot / 8), slot % 8) == StackSlot.DYNPTR) {
          throw env.reject(Errno.EACCES, "potential write to dynptr at off=" + i + " disallowed");
        }
      }
      raw.rawSize = size;
      raw.rawRegister = regno;
      return;
    }
    for (int i = min; i < max + size; i++) {
      int slot = -i - 1;
      if (!touch(frame, slot, write)) {
        throw env.reject(
            Errno.EACCES,
            fixed
                ? "invalid read from stack R"
                    + regno
                    + " off "
                    + min
                    + "+"
                    + (i - min)
                    + " size "
                    + size
                : "invalid read from stack R"
                    + regno
                    + " var_off "
                    + tnum(r, at)
                    + "+"
                    + (i - min)
                    + " size "
                    + size);
      }
      env.liveStack.read(frame.frameno, env.insn, 1L << slot / 8);
    }
  }

  /** One byte that a helper reads or overwrites; false when it must not. */
  private boolean touch(Frame frame, int slot, boolean write) {
    int spi = slot / 8;
    long types = frame.types(spi);
    int type = StackSlot.type(types, slot % 8);
    if (type == StackSlot.MISC) {
      return true;
    }
    if (type == StackSlot.ZERO || type == StackSlot.INVALID && !env.guarded) {
      if (write) {
        frame.setTypes(spi, StackSlot.with(types, slot % 8, StackSlot.MISC));
      }
      return true;
    }
    if (!StackSlot.isSpilled(types)
        || env.guarded && Reg.type(frame.spilledView(spi), Frame.spill(spi)) != SCALAR) {
      return false;
    }
    if (write) {
      Reg.markUnknown(frame.spilled(spi), Frame.spill(spi), false);
      frame.setTypes(spi, StackSlot.scrub(types));
    }
    return true;
  }
}
