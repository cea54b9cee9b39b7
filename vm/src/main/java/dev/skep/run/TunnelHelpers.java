package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;

/**
 * Helpers on the tunnel metadata of a packet (net/core/filter.c, struct ip_tunnel_info). The kernel
 * keeps what programs set once per CPU; here each socket buffer of a test run has its own, behind
 * struct sk_buff.
 *
 * <pre>
 *   0        4       8     12    16    20   24     28      44      60
 *   | state | flags | id  | tos | ttl | label | dst[4] | src[4] | options length | options ..
 * </pre>
 */
final class TunnelHelpers {
  /** Bytes of the metadata. */
  static final int SIZE = 64 + 256;

  private static final int STATE = 0;
  private static final int FLAGS = 4;
  private static final int ID = 8;
  private static final int TOS = 12;
  private static final int TTL = 16;
  private static final int LABEL = 20;
  private static final int DST = 24;
  private static final int SRC = 40;
  private static final int OPTIONS_LENGTH = 56;
  private static final int OPTIONS = 64;

  /** IP_TUNNEL_OPTS_MAX. */
  private static final int MAX_OPTIONS = 255;

  private static final int STATE_NONE = 0;
  private static final int STATE_IPV4 = 1;
  private static final int STATE_IPV6 = 2;

  // struct bpf_tunnel_key.
  private static final int KEY_SIZE = 44;
  private static final int KEY_ID = 0;
  private static final int KEY_REMOTE = 4;
  private static final int KEY_TOS = 20;
  private static final int KEY_TTL = 21;
  private static final int KEY_EXT = 22;
  private static final int KEY_LABEL = 24;
  private static final int KEY_LOCAL = 28;
  private static final int KEY_SIZE_FIRST = 8;

  private static final int F_IPV6 = 1;
  private static final int F_ZERO_CSUM = 2;
  private static final int F_DONT_FRAGMENT = 4;
  private static final int F_SEQ = 8;
  private static final int F_INFO_FLAGS = 16;
  private static final int F_NO_KEY = 16;

  // Flags of the tunnel in network order, as a little-endian u16 sees them.
  private static final int TUNNEL_CSUM = 0x0001;
  private static final int TUNNEL_KEY = 0x0004;
  private static final int TUNNEL_SEQ = 0x0008;
  private static final int TUNNEL_DONT_FRAGMENT = 0x0100;
  private static final int TUNNEL_NOCACHE = 0x2000;
  private static final int FLOWLABEL_MASK = 0xfffff;

  private TunnelHelpers() {}

  static void define(HelperTable table) {
    table.set(20, TunnelHelpers::getKey);
    table.set(21, TunnelHelpers::setKey);
    table.set(29, TunnelHelpers::getOptions);
    table.set(30, TunnelHelpers::setOptions);
  }

  private static long info(long skb) {
    return skb + SkbContext.TUNNEL;
  }

  private static boolean isKeySize(int size) {
    return size == KEY_SIZE
        || size == KEY_LOCAL
        || size == KEY_LABEL
        || size == KEY_EXT
        || size == KEY_SIZE_FIRST;
  }

  private static long getKey(Cpu cpu, long skb, long to, long bytes, long flags, long r5) {
    long info = info(skb);
    int size = (int) bytes;
    int state = Memory.getInt(info + STATE);
    boolean ipv6 = (flags & F_IPV6) != 0;
    int errno = 0;
    if (state == STATE_NONE || (flags & ~(F_IPV6 | F_INFO_FLAGS)) != 0) {
      errno = Errno.EINVAL;
    } else if (ipv6 != (state == STATE_IPV6)) {
      errno = Errno.EPROTO;
    } else if (!isKeySize(size) || size == KEY_SIZE_FIRST && state == STATE_IPV6) {
      errno = Errno.EINVAL;
    }
    Memory.fill(to, size, (byte) 0);
    if (errno == 0) {
      long key = Memory.allocate(KEY_SIZE);
      read(info, key, ipv6, (flags & F_INFO_FLAGS) != 0);
      Memory.copy(key, to, size);
      Memory.free(key);
    }
    return -errno;
  }

  /** Fills a zeroed struct bpf_tunnel_key; the remote side is the one that a packet came from. */
  private static void read(long info, long key, boolean ipv6, boolean withFlags) {
    Memory.putInt(key + KEY_ID, Memory.getInt(info + ID));
    Memory.putByte(key + KEY_TOS, Memory.getByte(info + TOS));
    Memory.putByte(key + KEY_TTL, Memory.getByte(info + TTL));
    if (withFlags) {
      Memory.putShort(key + KEY_EXT, (short) Memory.getInt(info + FLAGS));
    }
    int length = ipv6 ? 16 : 4;
    Memory.copy(info + SRC, key + KEY_REMOTE, length);
    Memory.copy(info + DST, key + KEY_LOCAL, length);
    if (ipv6) {
      Memory.putInt(key + KEY_LABEL, Memory.getInt(info + LABEL));
    }
  }

  private static long setKey(Cpu cpu, long skb, long from, long bytes, long flags, long r5) {
    int size = (int) bytes;
    long known = F_IPV6 | F_ZERO_CSUM | F_DONT_FRAGMENT | F_SEQ | F_NO_KEY;
    if ((flags & ~known) != 0 || !isKeySize(size)) {
      return -Errno.EINVAL;
    }
    long key = Memory.allocate(KEY_SIZE);
    try {
      Memory.copy(from, key, size);
      boolean ipv6 = (flags & F_IPV6) != 0;
      if (!ipv6 && Memory.getInt(key + KEY_LABEL) != 0 || Memory.getShort(key + KEY_EXT) != 0) {
        return -Errno.EINVAL;
      }
      write(info(skb), key, ipv6, flags);
      return 0;
    } finally {
      Memory.free(key);
    }
  }

  private static void write(long info, long key, boolean ipv6, long flags) {
    Memory.fill(info, SIZE, (byte) 0);
    Memory.putInt(info + STATE, ipv6 ? STATE_IPV6 : STATE_IPV4);
    int tunnel = TUNNEL_NOCACHE;
    tunnel |= (flags & F_ZERO_CSUM) == 0 ? TUNNEL_CSUM : 0;
    tunnel |= (flags & F_DONT_FRAGMENT) != 0 ? TUNNEL_DONT_FRAGMENT : 0;
    tunnel |= (flags & F_SEQ) != 0 ? TUNNEL_SEQ : 0;
    tunnel |= (flags & F_NO_KEY) == 0 ? TUNNEL_KEY : 0;
    Memory.putInt(info + FLAGS, tunnel);
    Memory.putInt(info + ID, Memory.getInt(key + KEY_ID));
    Memory.putByte(info + TOS, Memory.getByte(key + KEY_TOS));
    Memory.putByte(info + TTL, Memory.getByte(key + KEY_TTL));
    int length = ipv6 ? 16 : 4;
    Memory.copy(key + KEY_REMOTE, info + DST, length);
    Memory.copy(key + KEY_LOCAL, info + SRC, length);
    if (ipv6) {
      Memory.putInt(info + LABEL, Memory.getInt(key + KEY_LABEL) & FLOWLABEL_MASK);
    }
  }

  private static long getOptions(Cpu cpu, long skb, long to, long bytes, long r4, long r5) {
    long info = info(skb);
    int size = (int) bytes;
    int length = Memory.getInt(info + OPTIONS_LENGTH);
    Memory.fill(to, size, (byte) 0);
    if (Memory.getInt(info + STATE) == STATE_NONE || length == 0) {
      return -Errno.ENOENT;
    }
    if (size < length) {
      return -Errno.ENOMEM;
    }
    Memory.copy(info + OPTIONS, to, length);
    return length;
  }

  private static long setOptions(Cpu cpu, long skb, long from, long bytes, long r4, long r5) {
    long info = info(skb);
    int size = (int) bytes;
    if (Memory.getInt(info + STATE) == STATE_NONE || (size & 3) != 0) {
      return -Errno.EINVAL;
    }
    if (size > MAX_OPTIONS) {
      return -Errno.ENOMEM;
    }
    Memory.putInt(info + OPTIONS_LENGTH, size);
    Memory.copy(from, info + OPTIONS, size);
    return 0;
  }
}
