package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.map.CgroupStorageMap;
import dev.skep.map.VmMap;
import dev.skep.rewrite.RunnableProgram;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The functions of one program that extensions replace now. Each change makes the program's code
 * anew, with calls of replaced functions leading to the extensions, and puts it in the place of the
 * old one, which is freed when nobody runs it any more. So no running code is patched, and runs see
 * one set of extensions from start to end.
 */
final class Extensions {
  private final VmProgram target;
  private final Backend backend;
  private final RunnableProgram runnable;
  private final List<VmMap> maps;
  private final Map<Integer, VmProgram> replaced = new HashMap<>();

  /** The code with extensions in it; null while there are none, or one replaces all of it. */
  private @Nullable TrackedCode current;

  Extensions(VmProgram target, Backend backend, RunnableProgram runnable, List<VmMap> maps) {
    this.target = target;
    this.backend = backend;
    this.runnable = runnable;
    this.maps = maps;
  }

  /**
   * Puts an extension in the place of a function: 0, or -EBUSY where another one is or the program
   * is in a program array.
   */
  synchronized int attach(int function, VmProgram extension) {
    for (VmMap map : extension.maps()) {
      if (map instanceof CgroupStorageMap) {
        throw new UnsupportedException("extensions with storage of cgroups");
      }
    }
    if (replaced.containsKey(function)) {
      return -Errno.EBUSY;
    }
    int errno = target.membership().extend();
    if (errno != 0) {
      return errno;
    }
    replaced.put(function, extension);
    try {
      renew();
    } catch (RuntimeException failed) {
      remove(function);
      throw failed;
    }
    return 0;
  }

  /** Puts the function back. */
  synchronized void detach(int function) {
    remove(function);
    renew();
  }

  private void remove(int function) {
    replaced.remove(function);
    if (replaced.isEmpty()) {
      target.membership().unextend();
    }
  }

  private void renew() {
    TrackedCode code = null;
    VmProgram whole = replaced.get(0);
    if (whole == null && !replaced.isEmpty()) {
      Map<Integer, Executable> others = new HashMap<>();
      replaced.forEach((function, extension) -> others.put(function, extension.executable()));
      code = new TrackedCode(backend.load(runnable, maps, others), maps);
      code.track();
    }
    TrackedCode old = current;
    current = code;
    target.runs(
        whole != null ? whole.executable() : code != null ? code.executable() : null, contextEnd());
    if (old != null) {
      target.afterRuns(() -> old.free(() -> {}));
    }
  }

  /** What the extensions may touch of the context. */
  private int contextEnd() {
    return replaced.values().stream().mapToInt(VmProgram::contextEnd).max().orElse(0);
  }
}
