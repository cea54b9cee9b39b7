package dev.skep.data;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;

/**
 * Memory seen through a BTF type: its parts by paths as in C, {@code "stats.packets"}, {@code
 * "lbrs[3].from"}. The type is that of a struct, or of a data section, whose variables are its
 * parts. Paths that lead nowhere, and parts of another kind, give {@link IllegalArgumentException}.
 */
public final class TypedData {
  private static final int SIGNED = 1;
  private static final int POINTER_BYTES = 8;

  private final Btf btf;
  private final int type;
  private final DataMemory memory;

  /**
   * @param type BTF id
   * @param memory at least as large as the type
   */
  public TypedData(Btf btf, int type, DataMemory memory) {
    this.btf = btf;
    this.type = type;
    this.memory = memory;
  }

  /** The bytes behind it. */
  public DataMemory memory() {
    return memory;
  }

  /** A part that has parts itself. */
  public TypedData at(String path) {
    TypePath.Place place = whole(path);
    return new TypedData(btf, place.type(), memory.slice(place.offset(), size(place)));
  }

  /** An integer, boolean, enumerator, pointer or bit field; unsigned 64-bit ones by their bits. */
  public long getLong(String path) {
    TypePath.Place place = scalar(path);
    int bits = bits(place);
    long value =
        place.width() != 0
            ? BitFields.load(memory, place.bitOffset(), bits)
            : memory.load(place.offset(), bits / 8);
    return isSigned(place.type()) ? Integers.signed(value, bits) : value;
  }

  /** As {@link #getLong}, for what fits in an int. */
  public int getInt(String path) {
    return Math.toIntExact(getLong(path));
  }

  /**
   * Sets an integer, boolean, enumerator, pointer or bit field.
   *
   * @throws IllegalArgumentException if it does not fit, signed or unsigned
   */
  public void setLong(String path, long value) {
    TypePath.Place place = scalar(path);
    int bits = bits(place);
    Integers.fit(path, value, bits);
    if (place.width() != 0) {
      BitFields.store(memory, place.bitOffset(), bits, value);
    } else {
      memory.store(place.offset(), bits / 8, value);
    }
  }

  /** A float or double. */
  public double getDouble(String path) {
    TypePath.Place place = floating(path);
    return size(place) == Float.BYTES
        ? Float.intBitsToFloat((int) memory.load(place.offset(), Float.BYTES))
        : Double.longBitsToDouble(memory.load(place.offset(), Double.BYTES));
  }

  /** Sets a float or double. */
  public void setDouble(String path, double value) {
    TypePath.Place place = floating(path);
    if (size(place) == Float.BYTES) {
      memory.store(place.offset(), Float.BYTES, Float.floatToRawIntBits((float) value));
    } else {
      memory.store(place.offset(), Double.BYTES, Double.doubleToRawLongBits(value));
    }
  }

  /** The bytes of a part, whatever its type. */
  public byte[] getBytes(String path) {
    TypePath.Place place = whole(path);
    return memory.get(place.offset(), size(place));
  }

  /** Sets all bytes of a part. */
  public void setBytes(String path, byte[] bytes) {
    TypePath.Place place = whole(path);
    if (bytes.length != size(place)) {
      throw new IllegalArgumentException(
          "\"" + path + "\": has " + size(place) + " bytes, not " + bytes.length);
    }
    memory.put(place.offset(), bytes);
  }

  /** The text in an array of bytes, up to its first zero. */
  public String getString(String path) {
    TypePath.Place place = whole(path);
    return Text.get(memory, place.offset(), size(place));
  }

  /** Sets an array of bytes to a text and zeros. */
  public void setString(String path, String text) {
    TypePath.Place place = whole(path);
    Text.put(memory, place.offset(), size(place), path, text);
  }

  private TypePath.Place whole(String path) {
    TypePath.Place place = TypePath.find(btf, type, path);
    if (place.width() != 0) {
      throw new IllegalArgumentException("\"" + path + "\": a bit field");
    }
    return place;
  }

  private TypePath.Place scalar(String path) {
    TypePath.Place place = TypePath.find(btf, type, path);
    boolean fits =
        switch (btf.kind(place.type())) {
          case BtfKind.INT, BtfKind.ENUM, BtfKind.ENUM64 -> btf.size(place.type()) <= Long.BYTES;
          case BtfKind.PTR -> true;
          default -> false;
        };
    if (!fits) {
      throw new IllegalArgumentException("\"" + path + "\": no integer of at most 8 bytes");
    }
    return place;
  }

  private TypePath.Place floating(String path) {
    TypePath.Place place = whole(path);
    if (btf.kind(place.type()) != BtfKind.FLOAT || size(place) > Double.BYTES) {
      throw new IllegalArgumentException("\"" + path + "\": no float or double");
    }
    return place;
  }

  private int bits(TypePath.Place place) {
    return place.width() != 0 ? place.width() : size(place) * 8;
  }

  private int size(TypePath.Place place) {
    return btf.kind(place.type()) == BtfKind.PTR
        ? POINTER_BYTES
        : Math.toIntExact(btf.sizeOf(place.type()));
  }

  private boolean isSigned(int id) {
    return switch (btf.kind(id)) {
      case BtfKind.INT -> (btf.intEncoding(id) & SIGNED) != 0;
      case BtfKind.ENUM, BtfKind.ENUM64 -> btf.kindFlag(id);
      default -> false;
    };
  }
}
