package dev.skep.btf;

import java.nio.charset.StandardCharsets;

/** Types of one blob by name: a chained hash table of ids in two int arrays, made on first use. */
final class BtfNames {
  private final Btf btf;
  private final int[] heads;
  private final int[] next;

  BtfNames(Btf btf) {
    this.btf = btf;
    int first = btf.firstId();
    int count = btf.typeCount() - first;
    heads = new int[Integer.highestOneBit(Math.max(16, count)) * 2];
    next = new int[count];
    for (int id = btf.typeCount() - 1; id >= first; id--) {
      int name = btf.nameOffset(id);
      if (name != 0) {
        int bucket = bucket(btf.stringHash(name));
        next[id - first] = heads[bucket];
        heads[bucket] = id;
      }
    }
  }

  static int hash(byte[] text) {
    int hash = 0;
    for (byte b : text) {
      hash = 31 * hash + b;
    }
    return hash;
  }

  private int bucket(int hash) {
    return (hash ^ hash >>> 15) & heads.length - 1;
  }

  /** The lowest id above {@code after} of that name and kind, or 0. */
  int find(String name, int kind, int after) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    for (int id = heads[bucket(hash(text))]; id != 0; id = next[id - btf.firstId()]) {
      if (id > after && btf.kind(id) == kind && btf.stringIs(btf.nameOffset(id), text)) {
        return id;
      }
    }
    return 0;
  }
}
