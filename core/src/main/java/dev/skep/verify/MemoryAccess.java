package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import dev.skep.program.SpecialFields;
import org.jspecify.annotations.Nullable;

/** Whether memory behind a pointer may be accessed, and what a load gives (check_mem_access). */
final class MemoryAccess {
  static final int RDONLY_PROG = 1 << 7;
  static final int WRONLY_PROG = 1 << 8;

  private static final int STRICT_ALIGNMENT = 1;
  private static final int ANY_ALIGNMENT = 2;
  private static final int MAX_FLOW_KEYS = 56;

  /** The value register of an access that goes to or comes from no register. */
  static final int NO_REGISTER = -1;

  private final Env env;
  private final StackAccess stack;
  private final ContextAccess context;
  private final SocketAccess sockets;
  private final BtfAccess structs;
  private final KernelPointers pointers;
  private final boolean strict;
  private final Scalar sum = new Scalar();

  MemoryAccess(Env env, StackAccess stack) {
    this.env = env;
    this.stack = stack;
    context = new ContextAccess(env);
    sockets = new SocketAccess(env);
    structs = new BtfAccess(env);
    pointers = new KernelPointers(env, this);
    int flags = env.program.flags();
    strict = (flags & STRICT_ALIGNMENT) != 0 && (flags & ANY_ALIGNMENT) == 0;
  }

  /**
   * Checks one access and, for a load, sets the register it goes to.
   *
   * @param off the instruction's offset
   * @param value register loaded or stored, or {@link #NO_REGISTER}
   * @param aligned whether alignment is required whatever the memory
   */
  void check(
      int insn,
      int regno,
      int off,
      int size,
      boolean write,
      int value,
      boolean aligned,
      boolean signed) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    checkAlignment(r, at, off, size, aligned);
    int total = off + Reg.off(r, at);
    int type = Reg.type(r, at);
    switch (RegType.base(type)) {
      case MAP_KEY -> mapKey(r, at, regno, total, size, write, value, type);
      case MAP_VALUE -> mapValue(r, at, regno, total, size, write, value, signed, type);
      case MEM -> memory(r, at, regno, total, size, write, value, type);
      case CTX -> {
        notNull(regno, type);
        keep(write, value, "into ctx");
        checkUnmodified(r, at, regno, false);
        context.check(insn, total, size, write, value, signed);
      }
      case STACK -> {
        notNull(regno, type);
        stack.checkBounds(regno, total, size, write);
        if (write) {
          stack.write(regno, total, size, value, insn);
        } else {
          stack.read(regno, total, size, value);
        }
      }
      case PACKET, PACKET_META -> {
        notNull(regno, type);
        if (write && !mayAccessPacket(true, null)) {
          throw env.reject(Errno.EACCES, "cannot write into packet");
        }
        keep(write, value, "into packet");
        checkPacket(regno, total, size, false);
        unknown(r, value, write);
      }
      case FLOW_KEYS -> {
        notNull(regno, type);
        keep(write, value, "into flow keys");
        flowKeys(total, size);
        unknown(r, value, write);
      }
      case SOCKET, SOCK_COMMON, TCP_SOCK, XDP_SOCK -> {
        notNull(regno, type);
        if (write) {
          throw env.reject(
              Errno.EACCES, "R" + regno + " cannot write into " + RegTypeText.of(type));
        }
        sockets.check(insn, regno, total, size);
        unknown(r, value, false);
      }
      case BTF_ID -> {
        notNull(regno, type);
        structs.check(regno, total, size, write, value);
      }
      case CONST_PTR_TO_MAP -> {
        notNull(regno, type);
        structs.checkMap(regno, total, size, write, value);
      }
      case BUF -> {
        notNull(regno, type);
        if (write && (type & MEM_RDONLY) != 0) {
          throw env.reject(
              Errno.EACCES, "R" + regno + " cannot write into " + RegTypeText.of(type));
        }
        checkBuffer(r, at, regno, total, size);
        unknown(r, value, write);
      }
      case TP_BUFFER -> {
        checkBuffer(r, at, regno, total, size);
        unknown(r, value, write);
      }
      case ARENA -> {
        notNull(regno, type);
        unknown(r, value, write);
      }
      default -> throw invalid(regno, type);
    }
    if (size < 8 && value >= 0 && !write && Reg.type(r, Frame.reg(value)) == SCALAR) {
      if (signed) {
        env.scalars.signExtend(r, Frame.reg(value), size);
        if (Reg.smin(r, Frame.reg(value)) < 0 && env.options.dialect().unlinksSignExtended()) {
          Reg.unlink(r, Frame.reg(value));
        }
      } else {
        env.scalars.truncate(r, Frame.reg(value), size);
      }
    }
  }

  /** What is stored must be no address. */
  private void keep(boolean write, int value, String where) {
    if (write) {
      env.mustNotLeak(value, where);
    }
  }

  /** A buffer whose size the program's users check when they attach it (__check_buffer_access). */
  void checkBuffer(long[] r, int at, int regno, int off, int size) {
    int type = Reg.type(r, at);
    String what =
        RegType.base(type) == TP_BUFFER
            ? "tracepoint"
            : (type & MEM_RDONLY) != 0 ? "rdonly" : "rdwr";
    if (off < 0) {
      throw env.reject(
          Errno.EACCES,
          "R" + regno + " invalid " + what + " buffer access: off=" + off + ", size=" + size);
    }
    if (!Reg.isConst(r, at) || Reg.value(r, at) != 0) {
      throw env.reject(
          Errno.EACCES,
          "R"
              + regno
              + " invalid variable buffer offset: off="
              + off
              + ", var_off="
              + StackAccess.tnum(r, at));
    }
  }

  /** Bytes of a struct that a helper reads. */
  void checkStruct(int regno, int off, int size) {
    structs.check(regno, off, size, false, NO_REGISTER);
  }

  private void notNull(int regno, int type) {
    if ((type & MAYBE_NULL) != 0) {
      throw invalid(regno, type);
    }
  }

  private Rejection invalid(int regno, int type) {
    return env.reject(
            Errno.EACCES, "R" + regno + " invalid mem access '" + RegTypeText.of(type) + "'")
        .because(
            (type & MAYBE_NULL) != 0
                ? new Reason.MaybeNull(regno)
                : new Reason.WrongType(regno, RegTypeText.of(type), ""));
  }

  private static void unknown(long[] r, int value, boolean write) {
    if (!write && value >= 0) {
      Reg.markUnknown(r, Frame.reg(value), false);
    }
  }

  /**
   * Remembers through what kind of pointer the current instruction goes; different kinds may need
   * different rewrites (save_aux_ptr_type).
   */
  void notePointer(int type, boolean trustMayDiffer) {
    int[] types = env.facts.pointerType;
    int previous = types[env.insn];
    if (previous == NOT_INIT) {
      types[env.insn] = type;
    } else if (type != previous && (rewritten(type) || rewritten(previous))) {
      if (trustMayDiffer && memoryOrBtf(type) && memoryOrBtf(previous)) {
        types[env.insn] = merged(type, previous);
        return;
      }
      throw env.reject(Errno.EINVAL, "same insn cannot be used with different pointers");
    }
  }

  /** One form of load that suits both: one that survives a fault if either may. */
  private static int merged(int a, int b) {
    boolean memory = RegType.base(a) == MEM || RegType.base(b) == MEM;
    return (memory ? MEM : BTF_ID) | (a | b) & (PTR_UNTRUSTED | MEM_RDONLY);
  }

  private static boolean rewritten(int type) {
    return switch (RegType.base(type)) {
      case CTX, SOCKET, SOCK_COMMON, TCP_SOCK, XDP_SOCK, BTF_ID, ARENA -> true;
      default -> false;
    };
  }

  private static boolean memoryOrBtf(int type) {
    return RegType.base(type) == MEM || RegType.base(type) == BTF_ID;
  }

  // Alignment ---------------------------------------------------------------------------------

  /** check_ptr_alignment. */
  void checkAlignment(long[] r, int at, int off, int size, boolean aligned) {
    int base = Reg.base(r, at);
    boolean whole = Reg.type(r, at) == base;
    boolean needed = strict || aligned || whole && base == STACK;
    if (!needed || size == 1 || whole && base == ARENA) {
      return;
    }
    boolean packet = whole && (base == PACKET || base == PACKET_META);
    // Ethernet headers are 14 bytes long: the kernel places packets 2 bytes off.
    int lead = packet ? 2 : 0;
    sum.value = Reg.value(r, at);
    sum.mask = Reg.mask(r, at);
    Tnum.add(sum, (long) lead + Reg.off(r, at) + off, 0);
    if (!Tnum.aligned(sum.value, sum.mask, size)) {
      String what = packet ? "packet " : whole ? alignmentName(base) : "";
      throw env.reject(
          Errno.EACCES,
          "misaligned "
              + what
              + "access off "
              + (packet ? lead + "+" : "")
              + StackAccess.tnum(r, at)
              + "+"
              + Reg.off(r, at)
              + "+"
              + off
              + " size "
              + size);
    }
  }

  private static String alignmentName(int base) {
    return switch (base) {
      case FLOW_KEYS -> "flow keys ";
      case MAP_KEY -> "key ";
      case MAP_VALUE -> "value ";
      case CTX -> "context ";
      case STACK -> "stack ";
      case SOCKET -> "sock ";
      case SOCK_COMMON -> "sock_common ";
      case TCP_SOCK -> "tcp_sock ";
      case XDP_SOCK -> "xdp_sock ";
      default -> "";
    };
  }

  // Regions -----------------------------------------------------------------------------------

  /** check_mem_region_access: the whole range of the offset lies within the region. */
  void checkRegion(int regno, int off, int size, long memSize, boolean zeroAllowed) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    long smin = Reg.smin(r, at);
    if (smin < 0
        && (smin == Long.MIN_VALUE || off + smin != (int) (off + smin) || smin + off < 0)) {
      throw env.reject(Errno.EACCES, negative(regno)).because(beyond(regno, off, size, memSize));
    }
    if (!inside((int) (smin + off), size, memSize, zeroAllowed)) {
      outside(regno, (int) (smin + off), size, memSize);
      throw env.reject(
              Errno.EACCES, "R" + regno + " min value is outside of the allowed memory range")
          .because(beyond(regno, off, size, memSize));
    }
    long umax = Reg.umax(r, at);
    if (Long.compareUnsigned(umax, Env.MAX_VARIABLE) >= 0) {
      throw env.reject(
              Errno.EACCES,
              "R" + regno + " unbounded memory access, make sure to bounds check any such access")
          .because(beyond(regno, off, size, memSize));
    }
    if (!inside((int) (umax + off), size, memSize, zeroAllowed)) {
      outside(regno, (int) (umax + off), size, memSize);
      throw env.reject(
              Errno.EACCES, "R" + regno + " max value is outside of the allowed memory range")
          .because(beyond(regno, off, size, memSize));
    }
  }

  private Reason beyond(int regno, int off, int size, long memSize) {
    String what =
        switch (Reg.type(env.regs(), Frame.reg(regno))) {
          case MAP_KEY -> "map key";
          case MAP_VALUE -> "map value";
          default -> "memory";
        };
    return new Reason.OutOfBounds(regno, what, off, size, memSize);
  }

  private static String negative(int regno) {
    return "R"
        + regno
        + " min value is negative, either use unsigned index or do a if (index >=0) check.";
  }

  private static boolean inside(int off, int size, long memSize, boolean zeroAllowed) {
    boolean sizeOk = size > 0 || size == 0 && zeroAllowed;
    return off >= 0 && sizeOk && (long) off + size <= memSize;
  }

  /** The first of the two lines about an access beyond its region (__check_mem_access). */
  private void outside(int regno, int off, int size, long memSize) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    String rest = " off=" + off + " size=" + size + "\n";
    String text =
        switch (Reg.type(r, at)) {
          case MAP_KEY -> "invalid access to map key, key_size=" + memSize + rest;
          case MAP_VALUE -> "invalid access to map value, value_size=" + memSize + rest;
          case PACKET, PACKET_META, PACKET_END ->
              "invalid access to packet, off="
                  + off
                  + " size="
                  + size
                  + ", R"
                  + regno
                  + "(id="
                  + Reg.id(r, at)
                  + ",off="
                  + off
                  + ",r="
                  + (int) memSize
                  + ")\n";
          default -> "invalid access to memory, mem_size=" + (memSize & 0xffffffffL) + rest;
        };
    env.verbose(text);
  }

  /** A pointer that must be used as it was made (__check_ptr_off_reg). */
  void checkUnmodified(long[] r, int at, int regno, boolean fixedAllowed) {
    int off = Reg.off(r, at);
    String type = RegTypeText.of(Reg.type(r, at));
    if (off < 0) {
      throw env.reject(
          Errno.EACCES,
          "negative offset " + type + " ptr R" + regno + " off=" + off + " disallowed");
    }
    if (!fixedAllowed && off != 0) {
      throw env.reject(
          Errno.EACCES,
          "dereference of modified " + type + " ptr R" + regno + " off=" + off + " disallowed");
    }
    if (!Reg.isConst(r, at) || Reg.value(r, at) != 0) {
      throw env.reject(
          Errno.EACCES,
          "variable " + type + " access var_off=" + StackAccess.tnum(r, at) + " disallowed");
    }
  }

  // Maps --------------------------------------------------------------------------------------

  private void mapKey(
      long[] r, int at, int regno, int off, int size, boolean write, int value, int type) {
    notNull(regno, type);
    if (write) {
      throw env.reject(Errno.EACCES, "write to change key R" + regno + " not allowed");
    }
    checkRegion(regno, off, size, env.map(r, at).keySize(), false);
    unknown(r, value, false);
  }

  private void mapValue(
      long[] r,
      int at,
      int regno,
      int off,
      int size,
      boolean write,
      int value,
      boolean signed,
      int type) {
    notNull(regno, type);
    keep(write, value, "into map");
    checkMapDirection(regno, off, size, write);
    checkRegion(regno, off, size, valueSize(r, at), false);
    checkFields(regno, off, size, true);
    SpecialFields special = env.fieldsOf(Reg.handle(r, at));
    SpecialFields.Field pointer =
        special.has(SpecialFields.KPTR | SpecialFields.UPTR) && Reg.isConst(r, at)
            ? special.find(off + Reg.value(r, at), SpecialFields.KPTR | SpecialFields.UPTR)
            : null;
    if (pointer != null) {
      pointers.access(pointer, value);
      return;
    }
    if (write || value < 0) {
      return;
    }
    MapSpec map = env.map(r, at);
    int target = Frame.reg(value);
    if (Reg.isConst(r, at) && isReadOnly(map) && map.type() == MapType.ARRAY) {
      long constant = fold(map, off + (int) Reg.value(r, at), size, signed);
      Reg.setType(r, target, SCALAR);
      Reg.markKnown(r, target, constant);
    } else {
      Reg.markUnknown(r, target, false);
    }
  }

  /**
   * Locks and timers are touched by their helpers only (check_map_access).
   *
   * @param direct whether an instruction accesses the value, not a helper
   */
  void checkFields(int regno, int off, int size, boolean direct) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    SpecialFields special = env.fieldsOf(Reg.handle(r, at));
    for (int i = 0; i < special.all().size(); i++) {
      SpecialFields.Field field = special.all().get(i);
      if (Reg.smin(r, at) + off < field.offset() + field.size()
          && field.offset() < Reg.umax(r, at) + off + size) {
        if ((field.kind() & (SpecialFields.KPTR | SpecialFields.UPTR)) != 0) {
          pointers.checkPlace(field, at, off, size, direct);
          continue;
        }
        throw env.reject(Errno.EACCES, field.name() + " cannot be accessed directly by load/store");
      }
    }
  }

  long valueSize(long[] r, int at) {
    return env.map(r, at).valueSize() & 0xffffffffL;
  }

  /** Whether programs may not write: asked for at creation, or because it holds devices. */
  static boolean readOnlyForPrograms(MapSpec map) {
    return (map.flags() & RDONLY_PROG) != 0
        || map.type() == MapType.DEVMAP
        || map.type() == MapType.DEVMAP_HASH;
  }

  /** Whether neither programs nor user space can change the map's contents (bpf_map_is_rdonly). */
  static boolean isReadOnly(MapSpec map) {
    return (map.flags() & RDONLY_PROG) != 0 && map.frozen();
  }

  private long fold(MapSpec map, int off, int size, boolean signed) {
    if (map.maxEntries() != 1) {
      throw new Rejection(Errno.ENOTSUPP);
    }
    long bits = 0;
    byte[] bytes = map.initial();
    for (int i = size - 1; i >= 0; i--) {
      int octet = bytes != null && off + i < bytes.length ? bytes[off + i] & 0xff : 0;
      bits = bits << 8 | octet;
    }
    int unused = 64 - size * 8;
    return signed ? bits << unused >> unused : bits;
  }

  /** check_map_access_type. */
  void checkMapDirection(int regno, int off, int size, boolean write) {
    MapSpec map = env.map(env.regs(), Frame.reg(regno));
    boolean forbidden = write ? readOnlyForPrograms(map) : (map.flags() & WRONLY_PROG) != 0;
    if (forbidden) {
      throw env.reject(
          Errno.EACCES,
          (write ? "write into" : "read from")
              + " map forbidden, value_size="
              + map.valueSize()
              + " off="
              + off
              + " size="
              + size);
    }
  }

  // Other memory ------------------------------------------------------------------------------

  private void memory(
      long[] r, int at, int regno, int off, int size, boolean write, int value, int type) {
    notNull(regno, type);
    boolean readOnly = (type & MEM_RDONLY) != 0;
    if (write && readOnly) {
      throw env.reject(Errno.EACCES, "R" + regno + " cannot write into " + RegTypeText.of(type));
    }
    keep(write, value, "into mem");
    if (!readOnly || (type & PTR_UNTRUSTED) == 0) {
      checkRegion(regno, off, size, Reg.handle(r, at) & 0xffffffffL, false);
    }
    unknown(r, value, write);
  }

  private void flowKeys(int off, int size) {
    if (size < 0 || off < 0 || (long) off + size > MAX_FLOW_KEYS) {
      throw env.reject(Errno.EACCES, "invalid access to flow keys off=" + off + " size=" + size);
    }
  }

  // Packets -----------------------------------------------------------------------------------

  /**
   * may_access_direct_pkt_data.
   *
   * @param call the helper call that the pointer goes to, null for an access by an instruction
   */
  boolean mayAccessPacket(boolean write, @Nullable CallArguments call) {
    ProgramType type = env.program.resolvedType();
    switch (type) {
      case LWT_IN, LWT_OUT, LWT_SEG6LOCAL, SK_REUSEPORT, FLOW_DISSECTOR, CGROUP_SKB -> {
        if (write) {
          return false;
        }
      }
      case SCHED_CLS, SCHED_ACT, XDP, LWT_XMIT, SK_SKB, SK_MSG -> {}
      case CGROUP_SOCKOPT -> {
        env.packetWritten |= write;
        return true;
      }
      default -> {
        return false;
      }
    }
    if (call != null) {
      return call.packetAccess;
    }
    env.packetWritten = true;
    return true;
  }

  /** check_packet_access: only what was compared with the end of the packet. */
  void checkPacket(int regno, int off, int size, boolean zeroAllowed) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.smin(r, at) < 0) {
      throw env.reject(Errno.EACCES, negative(regno))
          .because(new Reason.PacketBounds(regno, off, size, Reg.handle(r, at)));
    }
    int range = Reg.handle(r, at);
    String outside = "R" + regno + " offset is outside of the packet";
    if (range < 0) {
      throw env.reject(Errno.EINVAL, outside)
          .because(new Reason.PacketBounds(regno, off, size, range));
    }
    if (!inside(off, size, range, zeroAllowed)) {
      outside(regno, off, size, range);
      throw env.reject(Errno.EACCES, outside)
          .because(new Reason.PacketBounds(regno, off, size, range));
    }
  }
}
