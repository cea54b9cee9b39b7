package dev.skep.run;

import dev.skep.map.ProgArrayMap;
import dev.skep.map.VmMap;
import java.util.ArrayList;
import java.util.List;

/** Code whose direct tail calls follow their program arrays. */
final class TrackedCode {
  private final Executable executable;
  private final List<VmMap> maps;
  private final List<Executable.Pokes> tracked = new ArrayList<>();

  /**
   * @param maps of the program, in its order
   */
  TrackedCode(Executable executable, List<VmMap> maps) {
    this.executable = executable;
    this.maps = maps;
  }

  Executable executable() {
    return executable;
  }

  /** From now on; before anything runs the code. */
  void track() {
    for (Executable.Pokes pokes : executable.pokes()) {
      array(pokes).track(pokes.user());
      tracked.add(pokes);
    }
  }

  private ProgArrayMap array(Executable.Pokes pokes) {
    return (ProgArrayMap) maps.get(pokes.map());
  }

  /**
   * Frees the code, which nobody runs, once no change of any array touches it.
   *
   * @param after what is done then
   */
  void free(Runnable after) {
    freeFrom(0, after);
  }

  private void freeFrom(int next, Runnable after) {
    if (next == tracked.size()) {
      executable.free();
      after.run();
    } else {
      Executable.Pokes pokes = tracked.get(next);
      array(pokes).untrack(pokes.user(), () -> freeFrom(next + 1, after));
    }
  }
}
