package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;

/**
 * String functions on addresses that nobody has checked (kernel/bpf/helpers.c, bpf_strlen and its
 * kin). They return an int: the upper half of R0 stays zero.
 */
final class StringKfuncs {
  /** XATTR_SIZE_MAX: no string is longer. */
  private static final int MAX = 65536;

  private static final long U32 = 0xffffffffL;

  private final ProbeMemory memory;

  StringKfuncs(ProbeMemory memory) {
    this.memory = memory;
  }

  /** What reads failed with. */
  private static final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final int errno;

    Fault(int errno) {
      super(null, null, false, false);
      this.errno = errno;
    }
  }

  /** A function on strings as the kernel returns its results: negative errnos included. */
  private interface Body {
    long call(Reader reader, long r1, long r2, long r3);
  }

  void define(HelperTable table) {
    table.set("bpf_strlen", function((m, s, r2, r3) -> length(m, s, MAX)));
    table.set("bpf_strnlen", function((m, s, count, r3) -> boundedLength(m, s, count)));
    table.set("bpf_strcmp", function((m, a, b, r3) -> compare(m, a, b, false)));
    table.set("bpf_strcasecmp", function((m, a, b, r3) -> compare(m, a, b, true)));
    table.set("bpf_strchr", function((m, s, c, r3) -> find(m, s, Long.MAX_VALUE, (byte) c)));
    table.set("bpf_strnchr", function((m, s, count, c) -> find(m, s, count, (byte) c)));
    table.set("bpf_strchrnul", function((m, s, c, r3) -> findOrEnd(m, s, (byte) c)));
    table.set("bpf_strrchr", function((m, s, c, r3) -> findLast(m, s, (int) c)));
    table.set("bpf_strspn", function((m, s, set, r3) -> span(m, s, set, true)));
    table.set("bpf_strcspn", function((m, s, set, r3) -> span(m, s, set, false)));
    table.set("bpf_strstr", function((m, a, b, r3) -> search(m, a, b, Long.MAX_VALUE)));
    table.set("bpf_strnstr", function((m, a, b, count) -> search(m, a, b, count)));
  }

  private BpfFunction function(Body body) {
    return (cpu, r1, r2, r3, r4, r5) -> {
      try {
        return body.call(new Reader(memory, cpu), r1, r2, r3) & U32;
      } catch (Fault fault) {
        return -fault.errno & U32;
      }
    };
  }

  /** Reads bytes, or ends the function. */
  private record Reader(ProbeMemory memory, Cpu cpu) {
    void check(long address) {
      if (!memory.isKernel(cpu, address)) {
        throw new Fault(Errno.ERANGE);
      }
    }

    byte at(long address) {
      if (!memory.readable(cpu, address, 1)) {
        throw new Fault(Errno.EFAULT);
      }
      return dev.skep.natives.Memory.getByte(address);
    }
  }

  private static long length(Reader m, long s, long limit) {
    m.check(s);
    for (long i = 0; i < limit; i++) {
      if (m.at(s + i) == 0) {
        return i;
      }
    }
    return -Errno.E2BIG;
  }

  private static long boundedLength(Reader m, long s, long count) {
    m.check(s);
    for (long i = 0; Long.compareUnsigned(i, count) < 0 && i < MAX; i++) {
      if (m.at(s + i) == 0) {
        return i;
      }
    }
    return Long.compareUnsigned(count, MAX) < 0 ? count : -Errno.E2BIG;
  }

  private static long compare(Reader m, long a, long b, boolean anyCase) {
    m.check(a);
    m.check(b);
    for (long i = 0; i < MAX; i++) {
      int x = character(m.at(a + i), anyCase);
      int y = character(m.at(b + i), anyCase);
      if (x != y) {
        return x < y ? -1 : 1;
      }
      if (x == 0) {
        return 0;
      }
    }
    return -Errno.E2BIG;
  }

  private static int character(byte value, boolean anyCase) {
    int c = value & 0xff;
    return anyCase && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  }

  private static long find(Reader m, long s, long count, byte wanted) {
    m.check(s);
    for (long i = 0; Long.compareUnsigned(i, count) < 0 && i < MAX; i++) {
      byte c = m.at(s + i);
      if (c == wanted) {
        return i;
      }
      if (c == 0) {
        return -Errno.ENOENT;
      }
    }
    return Long.compareUnsigned(count, MAX) <= 0 ? -Errno.ENOENT : -Errno.E2BIG;
  }

  private static long findOrEnd(Reader m, long s, byte wanted) {
    m.check(s);
    for (long i = 0; i < MAX; i++) {
      byte c = m.at(s + i);
      if (c == 0 || c == wanted) {
        return i;
      }
    }
    return -Errno.E2BIG;
  }

  /** The character is an int that is not cut: one above 127 equals a negative char only. */
  private static long findLast(Reader m, long s, int wanted) {
    m.check(s);
    long last = -Errno.ENOENT;
    for (long i = 0; i < MAX; i++) {
      byte c = m.at(s + i);
      if (c == wanted) {
        last = i;
      }
      if (c == 0) {
        return last;
      }
    }
    return -Errno.E2BIG;
  }

  /** How many characters from the start on are, or are not, in the set. */
  private static long span(Reader m, long s, long set, boolean inside) {
    m.check(s);
    m.check(set);
    for (long i = 0; i < MAX; i++) {
      byte c = m.at(s + i);
      if (c == 0 || isIn(m, set, c) != inside) {
        return i;
      }
    }
    return -Errno.E2BIG;
  }

  private static boolean isIn(Reader m, long set, byte wanted) {
    for (long i = 0; i < MAX; i++) {
      byte c = m.at(set + i);
      if (c == 0) {
        return false;
      }
      if (c == wanted) {
        return true;
      }
    }
    throw new Fault(Errno.E2BIG);
  }

  /** The whole of {@code wanted} has to lie in the first {@code count} characters. */
  private static long search(Reader m, long s, long wanted, long count) {
    m.check(s);
    m.check(wanted);
    for (long i = 0; i < MAX; i++) {
      long j = 0;
      while (Long.compareUnsigned(i + j, count) <= 0 && j < MAX) {
        byte c = m.at(wanted + j);
        if (c == 0) {
          return i;
        }
        if (i + j == count) {
          return -Errno.ENOENT;
        }
        byte d = m.at(s + i + j);
        if (d == 0) {
          return -Errno.ENOENT;
        }
        if (c != d) {
          break;
        }
        j++;
      }
      if (j == MAX) {
        return -Errno.E2BIG;
      }
    }
    return -Errno.E2BIG;
  }
}
