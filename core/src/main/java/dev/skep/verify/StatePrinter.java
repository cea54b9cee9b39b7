package dev.skep.verify;

import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import org.jspecify.annotations.Nullable;

/** Prints registers, stack slots and references as the log shows them (print_verifier_state). */
final class StatePrinter {
  /** Bytes of a map's name that the kernel keeps (BPF_OBJ_NAME_LEN less its zero). */
  private static final int MAP_NAME_MAX = 15;

  private static final String[] RANGE_NAMES = {
    "smin=", "smax=", "umin=", "umax=", "smin32=", "smax32=", "umin32=", "umax32="
  };

  private static final int RANGES = 8;

  private final VerifierLog log;
  private final Program program;
  private final long[] rangeValues = new long[RANGES];
  private final boolean[] rangeOmitted = new boolean[RANGES];

  private @Nullable BtfObjects btfs;

  /** Between the attributes of one register: none before the first. */
  private boolean first;

  /** The BTFs that pointers to structs refer to. */
  void names(BtfObjects objects) {
    btfs = objects;
  }

  private String structName(long[] r, int at) {
    BtfObjects objects = btfs;
    return objects == null ? "" : objects.name(Reg.handle2(r, at), Reg.handle(r, at));
  }

  StatePrinter(VerifierLog log, Program program) {
    this.log = log;
    this.program = program;
  }

  /**
   * Prints one frame, as " R1=ctx() R10=fp0 fp-8=mmmmmmmm" and a line feed.
   *
   * @param only what to show, null for everything; cleared afterwards
   */
  void print(State state, int frameno, @org.jspecify.annotations.Nullable Scratched only) {
    Frame frame = state.view(frameno);
    if (frame.frameno != 0) {
      log.add(" frame").num(frame.frameno).add(':');
    }
    for (int i = 0; i < Reg.COUNT; i++) {
      int at = i * Reg.STRIDE;
      if (Reg.type(frame.regs, at) != RegType.NOT_INIT && (only == null || only.hasReg(i))) {
        log.add(" R").num(i).add('=');
        register(frame.frameno, frame.regs, at);
      }
    }
    for (int spi = 0; spi < frame.slots(); spi++) {
      long types = frame.types(spi);
      if (types == StackSlot.ALL_INVALID || only != null && !only.hasSlot(spi)) {
        continue;
      }
      switch (StackSlot.type(types, 7)) {
        case StackSlot.DYNPTR -> dynptr(frame, ++spi);
        case StackSlot.ITER -> iterator(frame, spi);
        default -> slot(frame, spi);
      }
    }
    references(state);
    if (frame.inCallback) {
      log.add(" cb");
    }
    if (frame.inAsyncCallback) {
      log.add(" async_cb");
    }
    log.line();
    if (only != null) {
      only.clear();
    }
  }

  private void references(State state) {
    if (state.refCount > 0 && state.refId[0] != 0) {
      log.add(" refs=").num(state.refId[0]);
      for (int i = 1; i < state.refCount; i++) {
        if (state.refId[i] != 0) {
          log.add(',').num(state.refId[i]);
        }
      }
    }
  }

  private void dynptr(Frame frame, int spi) {
    int at = Frame.spill(spi);
    long[] r = frame.spilledView(spi);
    log.add(" fp").num((-spi - 1) * 8L).add("=dynptr_").add(Dynptrs.name(Reg.handle(r, at)));
    log.add('(');
    first = true;
    if (Reg.id(r, at) != 0) {
      attribute("id=").num(Reg.id(r, at));
    }
    if (Reg.refObjId(r, at) != 0) {
      attribute("ref_id=").num(Reg.refObjId(r, at));
    }
    if (Reg.handle2(r, at) != 0) {
      // The kernel prints the byte that says that the slot is the first.
      attribute("dynptr_id=").num(Reg.handle2(r, at));
    }
    log.add(')');
  }

  private void iterator(Frame frame, int spi) {
    int at = Frame.spill(spi);
    long[] r = frame.spilledView(spi);
    if (Reg.refObjId(r, at) == 0) {
      return;
    }
    BtfObjects all = btfs;
    log.add(" fp").num((-spi - 1) * 8L).add("=iter_");
    log.add(Iterators.name(all == null ? null : all.vmlinux(), Reg.handle(r, at)));
    log.add("(ref_id=").num(Reg.refObjId(r, at)).add(",state=");
    log.add(Reg.handle2(r, at) == Iterators.ACTIVE ? "active" : "drained");
    log.add(",depth=").num(Reg.off(r, at)).add(')');
  }

  private void slot(Frame frame, int spi) {
    long types = frame.types(spi);
    int last = StackSlot.type(types, 7);
    log.add(" fp").num((-spi - 1) * 8L).add('=');
    for (int i = 0; i < 8; i++) {
      int type = StackSlot.type(types, i);
      if (last == StackSlot.SPILL && type == StackSlot.SPILL) {
        break;
      }
      log.add(StackSlot.LETTERS.charAt(type));
    }
    if (last == StackSlot.SPILL) {
      register(frame.frameno, frame.spilledView(spi), Frame.spill(spi));
    }
  }

  /**
   * Prints one register, as "scalar(umax=255,var_off=(0x0; 0xff))".
   *
   * @param frameno frame that is shown: stack pointers of others carry their frame
   */
  void register(int frameno, long[] r, int at) {
    int type = Reg.type(r, at);
    if (type == RegType.SCALAR) {
      if (Reg.precise(r, at)) {
        log.add('P');
      }
      if (Reg.isConst(r, at)) {
        log.signed(Reg.value(r, at));
        return;
      }
    }
    log.add(RegTypeText.of(type));
    if (type == RegType.ARENA || type == RegType.STACK && stackPointer(frameno, r, at)) {
      return;
    }
    if (RegType.base(type) == RegType.BTF_ID) {
      log.add(structName(r, at));
    }
    log.add('(');
    first = true;
    identity(type, r, at);
    attributes(type, r, at);
    value(r, at);
    log.add(')');
  }

  /** Returns whether everything was said. */
  private boolean stackPointer(int frameno, long[] r, int at) {
    if (Reg.frame(r, at) != frameno) {
      log.add('[').num(Reg.frame(r, at)).add(']');
    }
    if (Reg.isConst(r, at)) {
      log.signed(Reg.value(r, at) + Reg.off(r, at));
      return true;
    }
    return false;
  }

  private VerifierLog attribute(String name) {
    if (!first) {
      log.add(',');
    }
    first = false;
    return log.add(name);
  }

  private void identity(int type, long[] r, int at) {
    int id = Reg.id(r, at);
    if (id != 0) {
      attribute("id=").num(id & ~Reg.ADD_CONST);
      if ((id & Reg.ADD_CONST) != 0) {
        int delta = Reg.off(r, at);
        if (delta >= 0) {
          log.add('+');
        }
        log.num(delta);
      }
    }
    if (Reg.refObjId(r, at) != 0) {
      attribute("ref_obj_id=").num(Reg.refObjId(r, at));
    }
    if ((type & RegType.NON_OWN_REF) != 0) {
      attribute("non_own_ref");
    }
  }

  private void attributes(int type, long[] r, int at) {
    int base = RegType.base(type);
    if (base == RegType.CONST_PTR_TO_MAP || base == RegType.MAP_KEY || base == RegType.MAP_VALUE) {
      map(Reg.handle(r, at));
    }
    if (type != RegType.SCALAR && Reg.off(r, at) != 0) {
      attribute("off=").signed(Reg.off(r, at));
    }
    if (base == RegType.PACKET || base == RegType.PACKET_META) {
      attribute("r=").unsigned(Reg.handle(r, at));
    }
    if (base == RegType.MEM) {
      attribute("sz=").unsigned(Reg.handle(r, at) & 0xffffffffL);
    }
    if (type == RegType.DYNPTR) {
      attribute("type=").add(Dynptrs.name(Reg.handle(r, at)));
    }
  }

  private void map(int handle) {
    boolean inner = (handle & Reg.INNER_MAP) != 0;
    MapSpec map = mapOf(program, handle);
    // The template of an inner map has no name.
    String name = inner ? "" : map.name();
    if (!name.isEmpty()) {
      attribute("map=").add(name.length() > MAP_NAME_MAX ? name.substring(0, MAP_NAME_MAX) : name);
    }
    attribute("ks=").num(map.keySize()).add(",vs=").num(map.valueSize());
  }

  /** The map that a register's handle stands for. */
  static MapSpec mapOf(Program program, int handle) {
    MapSpec map = program.maps().get(handle & ~Reg.INNER_MAP);
    if ((handle & Reg.INNER_MAP) == 0) {
      return map;
    }
    MapSpec inner = map.inner();
    if (inner == null) {
      throw new IllegalStateException("map " + map.name() + " has no inner map");
    }
    return inner;
  }

  private void value(long[] r, int at) {
    long value = Reg.value(r, at);
    long mask = Reg.mask(r, at);
    if (mask == 0) {
      if (value != 0) {
        attribute("imm=").signed(value);
      }
      return;
    }
    ranges(r, at);
    if (mask != -1) {
      attribute("var_off=");
      tnum(log, value, mask);
    }
  }

  /** Prints known bits, as "(0x0; 0xff)", or the constant alone (tnum_strn). */
  static void tnum(VerifierLog log, long value, long mask) {
    if (mask == 0) {
      log.unsigned(value);
    } else {
      log.add('(').hex(value).add("; ").hex(mask).add(')');
    }
  }

  /** Prints the eight ends of ranges; equal ones of a kind are said together. */
  private void ranges(long[] r, int at) {
    range(0, Reg.smin(r, at), Long.MIN_VALUE);
    range(1, Reg.smax(r, at), Long.MAX_VALUE);
    range(2, Reg.umin(r, at), 0);
    range(3, Reg.umax(r, at), -1);
    int smin32 = Reg.smin32(r, at);
    int smax32 = Reg.smax32(r, at);
    range(4, shown(smin32), shown(Integer.MIN_VALUE));
    range(5, shown(smax32), shown(Integer.MAX_VALUE));
    range(6, Reg.umin32(r, at) & 0xffffffffL, 0);
    range(7, Reg.umax32(r, at) & 0xffffffffL, 0xffffffffL);
    for (int i = 0; i < RANGES; i++) {
      if (!rangeOmitted[i]) {
        attribute(RANGE_NAMES[i]);
        chain(i);
      }
    }
  }

  private void range(int i, long value, long extreme) {
    rangeValues[i] = value;
    rangeOmitted[i] = value == extreme;
  }

  /** A 32-bit value that will be hexadecimal must not be sign-extended. */
  private static long shown(int value) {
    return value == (short) value ? value : value & 0xffffffffL;
  }

  private void chain(int i) {
    boolean negative = isSigned(i) && rangeValues[i] < 0;
    for (int j = i + 2; j < RANGES; j += 2) {
      if (!rangeOmitted[j]
          && rangeValues[j] == rangeValues[i]
          && (isSigned(j) && rangeValues[j] < 0) == negative) {
        rangeOmitted[j] = true;
        log.add(RANGE_NAMES[j]);
      }
    }
    if (isSigned(i)) {
      log.signed(rangeValues[i]);
    } else {
      log.unsigned(rangeValues[i]);
    }
  }

  private static boolean isSigned(int range) {
    return (range & 2) == 0;
  }
}
