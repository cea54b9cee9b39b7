package dev.skep.tests.tailcalls;

/** Ways to write one tail call, so that it gets each form of machine code. */
enum Form {
  /** One map and a constant key. */
  DIRECT,
  /** One map, and a key that is read. */
  STATIC,
  /** Of two maps one is chosen by what is read. */
  DYNAMIC;

  /**
   * A tail call; R1 must be the context. Keys outside of every array are constants in each form.
   *
   * @param array index of the array in the program's maps
   * @param other index of another one, which is never used
   */
  String tailCall(int array, int other, long key) {
    boolean known = this == DIRECT || key < 0 || key >= Rig.NUMBERS;
    String index =
        known ? constant(key) : "r3 = " + Rig.number((int) key) + "r3 = *(u32 *)(r3 +0)\n";
    return index + map(array, other) + "call bpf_tail_call#12\n";
  }

  private static String constant(long key) {
    return "r3 = %d%s\n".formatted(key, key == (int) key ? "" : " ll");
  }

  /** Loads R2; uses R4. */
  String map(int array, int other) {
    if (this != DYNAMIC) {
      return "r2 = map[%d]\n".formatted(array);
    }
    return "r4 = "
        + Rig.number(0)
        + """
        r4 = *(u32 *)(r4 +0)
        r2 = map[%d]
        if r4 == 0x0 goto pc+2
        r2 = map[%d]
        """
            .formatted(array, other);
  }
}
