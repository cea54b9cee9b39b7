package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;

/**
 * Finds what lies at an offset of a struct (btf_struct_walk, btf_struct_access). The results are in
 * the fields; one object serves all walks of a verification.
 */
final class BtfWalk {
  /** Results of a walk. */
  static final int SCALAR = 0;

  static final int POINTER = 1;

  /** A pointer to something else than a struct: bytes that may not be there. */
  static final int POINTER_UNTRUSTED = 2;

  static final int STRUCT = 3;

  private static final int FAILED = -1;

  /** Again with what {@link #type} and {@link #offset} say. */
  private static final int AGAIN = -2;

  private static final String ANONYMOUS = "(anon)";

  private final VerifierLog log;

  /** The struct that the found pointer points to, or that begins at the offset. */
  int typeId;

  /** Flags of the found pointer, {@link RegType} bits. */
  int flags;

  /** The member that is the found pointer. */
  String field = "";

  /** Why a walk failed. */
  private int errno;

  private Btf btf;
  private int type;
  private int offset;
  private int size;

  BtfWalk(VerifierLog log, Btf placeholder) {
    this.log = log;
    btf = placeholder;
  }

  /**
   * What an access finds at an offset, nested structs walked through to their first member
   * (btf_struct_access).
   *
   * @return {@link #SCALAR}, {@link #POINTER}, {@link #POINTER_UNTRUSTED}, or a negative errno with
   *     the reason in the log
   */
  int access(Btf in, int struct, int off, int bytes) {
    flags = 0;
    int found = step(in, struct, off, bytes);
    while (found == STRUCT) {
      found = step(in, typeId, 0, bytes);
    }
    return found == FAILED ? -errno : found;
  }

  /**
   * One walk, which ends where a struct begins at the offset (btf_struct_walk). {@link #flags}
   * gather over walks.
   *
   * @return one of the results or FAILED
   */
  private int step(Btf in, int struct, int off, int bytes) {
    btf = in;
    type = struct;
    offset = off;
    size = bytes;
    int found;
    do {
      found = members();
    } while (found == AGAIN);
    return found;
  }

  /** Whether a struct of that type lies at the offset (btf_struct_ids_match, not strict). */
  boolean holds(BtfObjects all, int number, int struct, int off, int wantedBtf, int wanted) {
    Btf in = all.of(number);
    int id = struct;
    int at = off;
    flags = 0;
    while (step(in, id, at, 1) == STRUCT) {
      id = typeId;
      at = 0;
      if (all.same(number, id, wantedBtf, wanted)) {
        return true;
      }
    }
    return false;
  }

  private int members() {
    type = btf.skip(type, true);
    if (type < 0 || !isStruct(type)) {
      log.add("Type '").add(type < 0 ? "" : structName()).add("' is not a struct\n");
      return failed(Errno.EINVAL);
    }
    int vlen = btf.vlen(type);
    if (btf.kind(type) == BtfKind.UNION && vlen != 1) {
      // Which member of a union is meant nobody knows.
      flags |= PTR_UNTRUSTED;
    }
    if (Integer.compareUnsigned(offset + size, btf.size(type)) > 0) {
      return beyond(vlen);
    }
    for (int i = 0; i < vlen; i++) {
      int start = btf.memberBitOffset(type, i) / 8;
      if (offset + size <= start) {
        break;
      }
      int bits = btf.memberBitSize(type, i);
      if (bits != 0) {
        int end = btf.memberBitOffset(type, i) + bits;
        if (offset <= start && (end + 7) / 8 <= offset + size) {
          return SCALAR;
        }
        continue;
      }
      if (offset < start) {
        break;
      }
      int found = member(i, start);
      if (found != NEXT) {
        return found;
      }
    }
    log.add("struct ").add(structName()).add(" doesn't have field at offset ");
    log.num(offset).line();
    return failed(Errno.EINVAL);
  }

  /** The access is not in this member. */
  private static final int NEXT = -3;

  private int member(int i, int memberStart) {
    long bytes = btf.sizeOf(btf.memberType(type, i));
    if (bytes < 0) {
      log.add("field ").add(name(i));
      log.add(" doesn't have size\n");
      return failed(Errno.EFAULT);
    }
    int start = memberStart;
    int end = start + (int) bytes;
    if (offset >= end) {
      return NEXT;
    }
    // An array of arrays counts as one row of elements.
    long elements = 1;
    int inner = btf.skip(btf.memberType(type, i), true);
    while (inner > 0 && btf.kind(inner) == BtfKind.ARRAY) {
      elements *= btf.arrayLength(inner) & 0xffffffffL;
      inner = btf.skip(btf.arrayElement(inner), true);
    }
    int unit = (int) (bytes / Math.max(1, elements));
    start += (offset - start) / unit * unit;
    if (isStruct(inner)) {
      if (offset == start) {
        typeId = inner;
        return STRUCT;
      }
      type = inner;
      offset -= start;
      return AGAIN;
    }
    if (btf.kind(inner) == BtfKind.PTR) {
      return pointer(i, inner, start, unit);
    }
    if (offset + size > end && (flags & PTR_UNTRUSTED) == 0) {
      log.add("access beyond the end of member ").add(name(i));
      log.add(" (mend:").num(end).add(") in struct ").add(structName());
      log.add(" with off ").num(offset).add(" size ").num(size).line();
      return failed(Errno.EACCES);
    }
    return SCALAR;
  }

  private int pointer(int i, int pointer, int start, int bytes) {
    if (bytes != size || offset != start) {
      log.add("cannot access ptr member ").add(name(i)).add(" with moff ").num(start);
      log.add(" in struct ").add(structName()).add(" with off ").num(offset);
      log.add(" size ").num(size).line();
      return failed(Errno.EACCES);
    }
    int target = btf.skip(btf.target(pointer), true);
    if (target <= 0 || !isStruct(target)) {
      return POINTER_UNTRUSTED;
    }
    typeId = target;
    flags |= tagFlag(btf, btf.target(pointer));
    field = name(i);
    return POINTER;
  }

  /** The flag of a type tag right behind a pointer, 0 for none. */
  static int tagFlag(Btf btf, int target) {
    if (btf.kind(target) != BtfKind.TYPE_TAG || btf.kindFlag(target)) {
      return 0;
    }
    return switch (btf.name(target)) {
      case "user" -> MEM_USER;
      case "percpu" -> MEM_PERCPU;
      case "rcu" -> MEM_RCU;
      default -> 0;
    };
  }

  /** An access behind the struct may be in the flexible array at its end. */
  private int beyond(int vlen) {
    int last = vlen == 0 ? 0 : btf.skip(btf.memberType(type, vlen - 1), true);
    if (last > 0 && btf.kind(last) == BtfKind.ARRAY && btf.arrayLength(last) == 0) {
      int start = btf.memberBitOffset(type, vlen - 1) / 8;
      int element = btf.skip(btf.arrayElement(last), true);
      if (offset >= start && element > 0) {
        if (btf.kind(element) == BtfKind.INT) {
          return SCALAR;
        }
        if (isStruct(element) && btf.size(element) != 0) {
          type = element;
          offset = (offset - start) % btf.size(element);
          return AGAIN;
        }
      }
    }
    log.add("access beyond struct ").add(structName()).add(" at off ");
    log.num(offset & 0xffffffffL).add(" size ").num(size).line();
    return failed(Errno.EACCES);
  }

  private String name(int member) {
    int name = btf.memberNameOffset(type, member);
    return name == 0 ? ANONYMOUS : btf.string(name);
  }

  private String structName() {
    return btf.nameOffset(type) == 0 ? ANONYMOUS : btf.name(type);
  }

  private boolean isStruct(int id) {
    int kind = btf.kind(id);
    return kind == BtfKind.STRUCT || kind == BtfKind.UNION;
  }

  private int failed(int why) {
    errno = why;
    return FAILED;
  }
}
