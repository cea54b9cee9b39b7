package dev.skep.skeleton;

/**
 * How Java holds a number of C: in the smallest of int and long that has room for all its values.
 *
 * @param javaType "int", "long", "boolean", "float" or "double"
 * @param bytes size in memory
 * @param bits of the value
 */
record Scalar(String javaType, int bytes, int bits, boolean signed, boolean bitField) {
  static final Scalar BOOLEAN = new Scalar("boolean", 1, 8, false, false);

  static Scalar integer(int bytes, boolean signed) {
    return new Scalar(integerType(8 * bytes, signed), bytes, 8 * bytes, signed, false);
  }

  static Scalar floating(int bytes) {
    return new Scalar(bytes == 4 ? "float" : "double", bytes, 8 * bytes, false, false);
  }

  private static String integerType(int bits, boolean signed) {
    return bits < 32 || bits == 32 && signed ? "int" : "long";
  }

  /** The same in a bit field. */
  Scalar narrowed(int width) {
    String type = javaType.equals("boolean") ? javaType : integerType(width, signed);
    return new Scalar(type, bytes, width, signed, true);
  }

  Scalar wide() {
    return new Scalar("long", bytes, bits, signed, bitField);
  }

  /** The expression that reads it. */
  String get(Member member, String offset) {
    if (bitField) {
      String load = signed ? "loadSigned" : "load";
      return cast("BitFields." + load + "(memory, " + member.bit() + ", " + bits + ")");
    }
    String load = "memory.load(" + offset + ", " + bytes + ")";
    return switch (javaType) {
      case "float" -> "Float.intBitsToFloat((int) " + load + ")";
      case "double" -> "Double.longBitsToDouble(" + load + ")";
      default ->
          signed && bits < 64 && !(bits == 32 && javaType.equals("int"))
              ? cast("Integers.signed(" + load + ", " + bits + ")")
              : cast(load);
    };
  }

  private String cast(String expression) {
    return switch (javaType) {
      case "boolean" -> expression + " != 0";
      case "int" -> "(int) " + expression;
      default -> expression;
    };
  }

  /** The statement that writes it. */
  String set(Member member, String offset, String value) {
    String word =
        switch (javaType) {
          case "boolean" -> value + " ? 1 : 0";
          case "float" -> "Float.floatToRawIntBits(" + value + ")";
          case "double" -> "Double.doubleToRawLongBits(" + value + ")";
          default -> fitted(member, value);
        };
    return bitField
        ? "BitFields.store(memory, " + member.bit() + ", " + bits + ", " + word + ");"
        : "memory.store(" + offset + ", " + bytes + ", " + word + ");";
  }

  private String fitted(Member member, String value) {
    boolean always = bits == (javaType.equals("int") ? 32 : 64);
    return always ? value : "Integers.fit(\"" + member.name() + "\", " + value + ", " + bits + ")";
  }
}
