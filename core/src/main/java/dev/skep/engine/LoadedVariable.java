package dev.skep.engine;

import dev.skep.object.GlobalVariable;
import dev.skep.program.MapSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A global variable of a loaded object: its bytes in the map of its section, as programs see them.
 * Bytes are in the machine's order, little-endian. A variable of {@code .percpu} has one value per
 * CPU, each of round_up(section size, 8) bytes apart in the map's user form; this gives and takes
 * the one of a single CPU.
 */
public final class LoadedVariable {
  private static final int MMAPABLE = 0x400;
  private static final int INDEX_BYTES = 4;

  private final BpfMap map;
  private final GlobalVariable variable;

  LoadedVariable(BpfMap map, GlobalVariable variable) {
    this.map = map;
    this.variable = variable;
  }

  /** Its place: the map, the offset and the size. */
  public GlobalVariable place() {
    return variable;
  }

  /** The bytes of now, on the first CPU if there is one value per CPU. */
  public byte[] get() {
    return get(0);
  }

  /** The bytes of now on a CPU, counted among the possible ones. */
  public byte[] get(int cpu) {
    int at = offset(cpu);
    return Arrays.copyOfRange(image(), at, at + variable.size());
  }

  /** The value of an unsigned integer of at most 8 bytes. */
  public long getLong() {
    return getLong(0);
  }

  /** As {@link #getLong()}, on a CPU counted among the possible ones. */
  public long getLong(int cpu) {
    byte[] bytes = get(cpu);
    if (bytes.length > Long.BYTES) {
      throw new IllegalArgumentException(
          "variable \"" + variable.name() + "\" has " + bytes.length + " bytes");
    }
    return ByteBuffer.wrap(Arrays.copyOf(bytes, Long.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong();
  }

  /**
   * Stores the bytes where programs see them at once; other variables are not touched.
   *
   * @throws dev.skep.errors.BpfErrnoException EPERM for constants, whose map is frozen
   */
  public void set(byte[] value) {
    if (value.length != variable.size()) {
      throw new IllegalArgumentException(
          "variable \""
              + variable.name()
              + "\" has "
              + variable.size()
              + " bytes, not "
              + value.length);
    }
    MapSpec spec = map.spec();
    if ((spec.flags() & MMAPABLE) != 0 && !spec.frozen()) {
      try (MappedValues mapped = map.mmap(true)) {
        mapped.bytes().put(variable.offset(), value);
      }
      return;
    }
    byte[] image = image();
    for (int cpu = 0; offset(cpu) + value.length <= image.length; cpu++) {
      System.arraycopy(value, 0, image, offset(cpu), value.length);
    }
    map.update(new byte[INDEX_BYTES], image, BpfMap.ANY);
  }

  private int offset(int cpu) {
    int value = map.spec().valueSize();
    return cpu * (value + 7 & -8) + variable.offset();
  }

  private byte[] image() {
    byte[] image = map.lookup(new byte[INDEX_BYTES]);
    if (image == null) {
      throw new IllegalStateException("no element in map \"" + variable.map() + "\"");
    }
    return image;
  }
}
