package dev.skep.skeleton;

/**
 * A variable of a section or a member of a struct.
 *
 * @param name as in C
 * @param type BTF id, with typedefs
 * @param bit its place from the start of the memory
 * @param width bits of a bit field, else 0
 * @param open whether an array may have more elements than its type says: the last of a section
 * @param writable whether it gets setters
 */
record Member(String name, int type, long bit, int width, boolean open, boolean writable) {
  int offset() {
    return (int) (bit / 8);
  }
}
