package dev.skep.verify;

/**
 * The correspondence of ids between an old and a current state (struct bpf_idmap): two registers
 * that share an id in one must share one in the other.
 */
final class IdMap {
  /** All registers and stack slots of all frames (BPF_ID_MAP_SIZE). */
  private static final int SIZE = (Reg.COUNT + 64) * State.MAX_FRAMES;

  private final int[] old = new int[SIZE];
  private final int[] current = new int[SIZE];
  private int count;
  private int temporary;

  /**
   * @param lastId the greatest id in use: temporary ones lie above it
   */
  void reset(int lastId) {
    count = 0;
    temporary = lastId;
  }

  /** check_ids: both 0, or a pair that contradicts no earlier one. */
  boolean check(int oldId, int currentId) {
    if (oldId == 0 || currentId == 0) {
      return oldId == currentId;
    }
    for (int i = 0; i < count; i++) {
      if (old[i] == oldId) {
        return current[i] == currentId;
      }
      if (current[i] == currentId) {
        return false;
      }
    }
    if (count == SIZE) {
      return false;
    }
    old[count] = oldId;
    current[count++] = currentId;
    return true;
  }

  /** check_scalar_ids: a missing id counts as one that nothing else has. */
  boolean checkScalar(int oldId, int currentId) {
    int a = oldId != 0 ? oldId : ++temporary;
    int b = currentId != 0 ? currentId : ++temporary;
    return check(a, b);
  }
}
