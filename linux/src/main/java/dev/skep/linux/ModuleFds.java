package dev.skep.linux;

import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import java.util.ArrayList;
import java.util.List;

/** The BTF of the modules that a program calls, open for the time of its load. */
final class ModuleFds implements AutoCloseable {
  private final List<Fd> fds = new ArrayList<>();

  private ModuleFds() {}

  /**
   * Opens them in order.
   *
   * @throws dev.skep.errors.BpfErrnoException ENOENT if one is not loaded
   */
  static ModuleFds of(Bpf bpf, List<String> modules) {
    ModuleFds all = new ModuleFds();
    try {
      for (String module : modules) {
        all.fds.add(ModuleBtf.open(bpf, module));
      }
      return all;
    } catch (RuntimeException failed) {
      all.close();
      throw failed;
    }
  }

  int[] numbers() {
    int[] numbers = new int[fds.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = fds.get(i).number();
    }
    return numbers;
  }

  @Override
  public void close() {
    fds.forEach(Fd::close);
  }
}
