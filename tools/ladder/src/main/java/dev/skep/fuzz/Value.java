package dev.skep.fuzz;

/**
 * What the generator knows of a register: enough to build accesses that the verifier accepts and to
 * keep addresses out of results.
 *
 * @param bound for a scalar the largest value, or -1 when it is not known; for a region (map value,
 *     caller's stack, packet, memory) the bytes behind the pointer; for the own stack the offset
 */
record Value(Kind kind, int bound) {
  enum Kind {
    UNSET,
    SCALAR,
    CONTEXT,
    STACK,
    REGION,
    FRAME,
    PACKET
  }

  static final Value UNSET = new Value(Kind.UNSET, 0);
  static final Value SCALAR = new Value(Kind.SCALAR, -1);
  static final Value CONTEXT = new Value(Kind.CONTEXT, 0);

  static Value upTo(int largest) {
    return new Value(Kind.SCALAR, largest);
  }

  static Value stack(int offset) {
    return new Value(Kind.STACK, offset);
  }

  static Value region(int bytes) {
    return new Value(Kind.REGION, bytes);
  }

  /** Bytes of the caller's stack: accesses must be aligned. */
  static Value frame(int bytes) {
    return new Value(Kind.FRAME, bytes);
  }

  static Value packet(int bytes) {
    return new Value(Kind.PACKET, bytes);
  }

  boolean is(Kind wanted) {
    return kind == wanted;
  }

  boolean isPointer() {
    return kind != Kind.UNSET && kind != Kind.SCALAR;
  }

  /** What is known where two paths meet. */
  Value join(Value other) {
    if (equals(other)) {
      return this;
    }
    if (is(Kind.SCALAR) && other.is(Kind.SCALAR)) {
      return bound < 0 || other.bound < 0 ? SCALAR : upTo(Math.max(bound, other.bound));
    }
    return UNSET;
  }
}
