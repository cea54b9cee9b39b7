package dev.skep.verify;

import dev.skep.errors.Errno;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;

/** Strings in frozen maps that helpers take as constants. */
final class ConstantMaps {
  private final Env env;
  private final MemoryAccess memory;

  ConstantMaps(Env env, MemoryAccess memory) {
    this.env = env;
    this.memory = memory;
  }

  /** check_reg_const_str. */
  void checkString(int regno) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    MapSpec map = env.map(r, at);
    if (map.type() == MapType.PERCPU_ARRAY) {
      throw env.reject(
          Errno.EACCES,
          "R" + regno + " points to percpu_array map which cannot be used as const string");
    }
    if (!MemoryAccess.isReadOnly(map)) {
      throw env.reject(Errno.EACCES, "R" + regno + " does not point to a readonly map'");
    }
    if (!Reg.isConst(r, at)) {
      throw env.reject(Errno.EACCES, "R" + regno + " is not a constant address'");
    }
    if (map.type() != MapType.ARRAY) {
      throw env.reject(Errno.EACCES, "no direct value access support for this map type");
    }
    int off = Reg.off(r, at);
    memory.checkRegion(regno, off, map.valueSize() - off, map.valueSize(), false);
    if (map.maxEntries() != 1) {
      throw env.reject(Errno.ENOTSUPP, "direct value access on string failed");
    }
    int start = off + (int) Reg.value(r, at);
    if (length(map, start) < 0) {
      throw env.reject(Errno.EINVAL, "string is not zero-terminated");
    }
  }

  private static int length(MapSpec map, int start) {
    for (int i = start; i < map.valueSize(); i++) {
      if (octet(map, i) == 0) {
        return i - start;
      }
    }
    return -1;
  }

  private static byte octet(MapSpec map, int i) {
    byte[] bytes = map.initial();
    return bytes != null && i < bytes.length ? bytes[i] : 0;
  }

  /** The string that a checked register points to. */
  byte[] string(int regno) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    MapSpec map = env.map(r, at);
    int start = Reg.off(r, at) + (int) Reg.value(r, at);
    byte[] text = new byte[length(map, start)];
    for (int i = 0; i < text.length; i++) {
      text[i] = octet(map, start + i);
    }
    return text;
  }
}
