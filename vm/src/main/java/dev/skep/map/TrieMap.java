package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfMapLayout;

/**
 * BPF_MAP_TYPE_LPM_TRIE (kernel/bpf/lpm_trie.c): keys are a prefix length and bits, most
 * significant first; a lookup finds the longest prefix that matches. Lookups take no lock; nodes
 * are used again only after a grace period.
 *
 * <pre>
 *   node: child 0 | child 1 | prefixlen | intermediate | data .. | value ..
 *         0       | 8       | 16        | 20           | 24      | 24 + data size
 * </pre>
 */
final class TrieMap extends VmMap {
  private static final int CHILD = 0;
  private static final int PREFIX = 16;
  private static final int INTERMEDIATE = 20;
  private static final int DATA = 24;

  /** Bytes of a key in front of its data. */
  private static final int KEY_DATA = 4;

  private final int dataSize;
  private final int maxPrefix;
  private final NodePool nodes;

  /** Address of the word that holds the root. */
  private final long root;

  private long count;

  TrieMap(Maps maps, MapSpec spec) {
    super(maps, spec, BpfMapLayout.SIZE + 8);
    dataSize = spec.keySize() - KEY_DATA;
    maxPrefix = dataSize * 8;
    root = address() + BpfMapLayout.SIZE;
    nodes = new NodePool(machine().addressSpace(), DATA + dataSize + round8(spec.valueSize()));
  }

  private static int prefix(long node) {
    return Memory.getInt(node + PREFIX);
  }

  private static boolean isIntermediate(long node) {
    return Memory.getInt(node + INTERMEDIATE) != 0;
  }

  private static long child(long node, int side) {
    return Memory.getLongAcquire(node + CHILD + 8L * side);
  }

  /** The bit of data at an index. */
  private static int bit(long data, int index) {
    return Memory.getByte(data + (index >>> 3)) >> 7 - (index & 7) & 1;
  }

  /** How many leading bits a node and a key have in common, within both prefixes. */
  private int match(long node, long key) {
    int limit = Math.min(prefix(node), Memory.getInt(key));
    int common = 0;
    for (int at = 0; at < dataSize && common < limit; at++) {
      int difference =
          (Memory.getByte(node + DATA + at) ^ Memory.getByte(key + KEY_DATA + at)) & 0xff;
      if (difference != 0) {
        common += Integer.numberOfLeadingZeros(difference) - 24;
        break;
      }
      common += 8;
    }
    return Math.min(common, limit);
  }

  private boolean tooLong(long key) {
    return Integer.compareUnsigned(Memory.getInt(key), maxPrefix) > 0;
  }

  @Override
  public long lookupElem(Cpu cpu, long key) {
    return find(key);
  }

  private long find(long key) {
    long found = 0;
    if (tooLong(key)) {
      return 0;
    }
    long node = Memory.getLongAcquire(root);
    while (node != 0) {
      int match = match(node, key);
      if (match == maxPrefix) {
        found = node;
        break;
      }
      if (match < prefix(node)) {
        break;
      }
      if (!isIntermediate(node)) {
        found = node;
      }
      node = child(node, bit(key + KEY_DATA, prefix(node)));
    }
    return found == 0 ? 0 : found + DATA + dataSize;
  }

  @Override
  public long updateElem(Cpu cpu, long key, long value, long flags) {
    return copyIn(key, value, flags);
  }

  @Override
  synchronized long copyIn(long key, long value, long flags) {
    if (flags < 0 || flags > EXIST || tooLong(key)) {
      return -Errno.EINVAL;
    }
    long slot = root;
    long node = Memory.getLong(slot);
    int match = 0;
    while (node != 0) {
      match = match(node, key);
      if (prefix(node) != match || prefix(node) == Memory.getInt(key)) {
        break;
      }
      slot = node + CHILD + 8L * bit(key + KEY_DATA, prefix(node));
      node = Memory.getLong(slot);
    }
    boolean same = node != 0 && prefix(node) == match && prefix(node) == Memory.getInt(key);
    boolean present = same && !isIntermediate(node);
    if (present && flags == NOEXIST) {
      return -Errno.EEXIST;
    }
    if (!present && flags == EXIST) {
      return -Errno.ENOENT;
    }
    if (!present && count == Integer.toUnsignedLong(maxEntries())) {
      return -Errno.ENOSPC;
    }
    insert(slot, node, match, same, key, value);
    count += present ? 0 : 1;
    return 0;
  }

  private void insert(long slot, long node, int match, boolean same, long key, long value) {
    long fresh = make(Memory.getInt(key), key + KEY_DATA, false);
    Memory.copy(value, fresh + DATA + dataSize, valueSize());
    if (node == 0) {
      Memory.putLongRelease(slot, fresh);
    } else if (same) {
      Memory.putLong(fresh + CHILD, child(node, 0));
      Memory.putLong(fresh + CHILD + 8, child(node, 1));
      Memory.putLongRelease(slot, fresh);
      retire(node);
    } else if (match == Memory.getInt(key)) {
      // The new prefix covers the node's.
      Memory.putLong(fresh + CHILD + 8L * bit(node + DATA, match), node);
      Memory.putLongRelease(slot, fresh);
    } else {
      long fork = make(match, node + DATA, true);
      int side = bit(key + KEY_DATA, match);
      Memory.putLong(fork + CHILD + 8L * side, fresh);
      Memory.putLong(fork + CHILD + 8L * (1 - side), node);
      Memory.putLongRelease(slot, fork);
    }
  }

  private long make(int prefix, long data, boolean intermediate) {
    long node = nodes.take();
    Memory.putLong(node + CHILD, 0);
    Memory.putLong(node + CHILD + 8, 0);
    Memory.putInt(node + PREFIX, prefix);
    Memory.putInt(node + INTERMEDIATE, intermediate ? 1 : 0);
    Memory.copy(data, node + DATA, dataSize);
    return node;
  }

  private void retire(long node) {
    machine().gracePeriods().defer(() -> nodes.give(node));
  }

  @Override
  public long deleteElem(Cpu cpu, long key) {
    return remove(key);
  }

  @Override
  synchronized long remove(long key) {
    if (tooLong(key)) {
      return -Errno.EINVAL;
    }
    long slot = root;
    long parentSlot = root;
    long parent = 0;
    long node = Memory.getLong(slot);
    int match = 0;
    while (node != 0) {
      match = match(node, key);
      if (prefix(node) != match || prefix(node) == Memory.getInt(key)) {
        break;
      }
      parent = node;
      parentSlot = slot;
      slot = node + CHILD + 8L * bit(key + KEY_DATA, prefix(node));
      node = Memory.getLong(slot);
    }
    if (node == 0
        || prefix(node) != Memory.getInt(key)
        || prefix(node) != match
        || isIntermediate(node)) {
      return -Errno.ENOENT;
    }
    count--;
    unlink(slot, node, parentSlot, parent);
    return 0;
  }

  private void unlink(long slot, long node, long parentSlot, long parent) {
    long left = child(node, 0);
    long right = child(node, 1);
    if (left != 0 && right != 0) {
      Memory.putIntRelease(node + INTERMEDIATE, 1);
      return;
    }
    if (parent != 0 && isIntermediate(parent) && left == 0 && right == 0) {
      // The fork has one side left: that takes its place.
      long other = child(parent, node == child(parent, 0) ? 1 : 0);
      Memory.putLongRelease(parentSlot, other);
      retire(parent);
    } else {
      Memory.putLongRelease(slot, left != 0 ? left : right);
    }
    retire(node);
  }

  @Override
  long copyOut(long key, long out, long flags) {
    long value = find(key);
    if (value == 0) {
      return -Errno.ENOENT;
    }
    Memory.copy(value, out, valueSize());
    return 0;
  }

  /** Children before their node: more specific prefixes come first. */
  @Override
  synchronized long copyNextKey(long key, long out) {
    long start = Memory.getLong(root);
    if (start == 0) {
      return -Errno.ENOENT;
    }
    long next = key == 0 || tooLong(key) ? first(start) : after(start, key);
    if (next == 0) {
      return -Errno.ENOENT;
    }
    Memory.putInt(out, prefix(next));
    Memory.copy(next + DATA, out + KEY_DATA, dataSize);
    return 0;
  }

  /** The first node of a subtree; a fork always has two sides. */
  private static long first(long subtree) {
    long found = subtree;
    long node = subtree;
    while (node != 0) {
      long left = child(node, 0);
      if (isIntermediate(node)) {
        node = left;
      } else {
        found = node;
        node = left != 0 ? left : child(node, 1);
      }
    }
    return found;
  }

  /**
   * The node after the one that has exactly that key; the first when there is none; 0 at the end.
   */
  private long after(long start, long key) {
    long[] path = new long[maxPrefix + 2];
    int depth = 0;
    long node = start;
    int match = 0;
    while (node != 0) {
      path[depth++] = node;
      match = match(node, key);
      if (prefix(node) != match || prefix(node) == Memory.getInt(key)) {
        break;
      }
      node = child(node, bit(key + KEY_DATA, prefix(node)));
    }
    if (node == 0
        || prefix(node) != match
        || prefix(node) != Memory.getInt(key)
        || isIntermediate(node)) {
      return first(start);
    }
    for (int i = depth - 1; i > 0; i--) {
      long parent = path[i - 1];
      if (child(parent, 0) == path[i] && child(parent, 1) != 0) {
        return first(child(parent, 1));
      }
      if (!isIntermediate(parent)) {
        return parent;
      }
    }
    return 0;
  }

  @Override
  public synchronized long elementCount() {
    return count;
  }

  @Override
  void freeContents() {
    nodes.free();
  }
}
