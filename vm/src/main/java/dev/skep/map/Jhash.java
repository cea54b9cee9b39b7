package dev.skep.map;

import dev.skep.natives.Memory;

/**
 * Bob Jenkins' hash as the kernel's hash maps use it: over 32-bit words when the key is a multiple
 * of four, else over bytes.
 */
final class Jhash {
  private static final int INITVAL = 0xdeadbeef;

  private Jhash() {}

  /** The hash of {@code length} bytes at an address. */
  static int hash(long key, int length, int seed) {
    int start = INITVAL + length + seed;
    return (length & 3) == 0 ? words(key, length >>> 2, start) : bytes(key, length, start);
  }

  private static int words(long key, int count, int start) {
    int a = start;
    int b = start;
    int c = start;
    long at = key;
    int left = count;
    while (left > 3) {
      a += Memory.getInt(at);
      b += Memory.getInt(at + 4);
      c += Memory.getInt(at + 8);
      a = a - c ^ Integer.rotateLeft(c, 4);
      c += b;
      b = b - a ^ Integer.rotateLeft(a, 6);
      a += c;
      c = c - b ^ Integer.rotateLeft(b, 8);
      b += a;
      a = a - c ^ Integer.rotateLeft(c, 16);
      c += b;
      b = b - a ^ Integer.rotateLeft(a, 19);
      a += c;
      c = c - b ^ Integer.rotateLeft(b, 4);
      b += a;
      at += 12;
      left -= 3;
    }
    if (left == 0) {
      return c;
    }
    a += Memory.getInt(at);
    if (left > 1) {
      b += Memory.getInt(at + 4);
    }
    if (left > 2) {
      c += Memory.getInt(at + 8);
    }
    return finish(a, b, c);
  }

  private static int bytes(long key, int length, int start) {
    int a = start;
    int b = start;
    int c = start;
    long at = key;
    int left = length;
    while (left > 12) {
      a += Memory.getInt(at);
      b += Memory.getInt(at + 4);
      c += Memory.getInt(at + 8);
      a = a - c ^ Integer.rotateLeft(c, 4);
      c += b;
      b = b - a ^ Integer.rotateLeft(a, 6);
      a += c;
      c = c - b ^ Integer.rotateLeft(b, 8);
      b += a;
      a = a - c ^ Integer.rotateLeft(c, 16);
      c += b;
      b = b - a ^ Integer.rotateLeft(a, 19);
      a += c;
      c = c - b ^ Integer.rotateLeft(b, 4);
      b += a;
      at += 12;
      left -= 12;
    }
    for (int i = 0; i < left; i++) {
      int shifted = (Memory.getByte(at + i) & 0xff) << (i & 3) * 8;
      if (i < 4) {
        a += shifted;
      } else if (i < 8) {
        b += shifted;
      } else {
        c += shifted;
      }
    }
    return left == 0 ? c : finish(a, b, c);
  }

  private static int finish(int first, int second, int third) {
    int a = first;
    int b = second;
    int c = third;
    c = (c ^ b) - Integer.rotateLeft(b, 14);
    a = (a ^ c) - Integer.rotateLeft(c, 11);
    b = (b ^ a) - Integer.rotateLeft(a, 25);
    c = (c ^ b) - Integer.rotateLeft(b, 16);
    a = (a ^ c) - Integer.rotateLeft(c, 4);
    b = (b ^ a) - Integer.rotateLeft(a, 14);
    return (c ^ b) - Integer.rotateLeft(b, 24);
  }
}
