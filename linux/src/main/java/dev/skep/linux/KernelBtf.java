package dev.skep.linux;

import dev.skep.btf.Btf;
import dev.skep.program.KernelTypes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The types of the running kernel and its modules, as it shows them in /sys/kernel/btf. */
public final class KernelBtf {
  private static final Path DIRECTORY = Path.of("/sys/kernel/btf");
  private static final String VMLINUX = "vmlinux";
  private static final KernelTypes TYPES =
      KernelTypes.lazily(KernelBtf::readVmlinux, KernelBtf::readModules, KernelBtf::hasSymbol);

  private KernelBtf() {}

  /** Read once, when a program first asks; empty where the kernel has no BTF or hides it. */
  public static KernelTypes types() {
    return TYPES;
  }

  private static @Nullable Btf readVmlinux() {
    Path file = DIRECTORY.resolve(VMLINUX);
    return Files.isReadable(file) ? Btf.parse(bytes(file)) : null;
  }

  private static List<KernelTypes.Module> readModules() {
    Btf base = TYPES.vmlinux();
    List<KernelTypes.Module> modules = new ArrayList<>();
    if (base == null) {
      return modules;
    }
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      for (Path file : files.sorted().toList()) {
        String name = String.valueOf(file.getFileName());
        if (!name.equals(VMLINUX) && Files.isReadable(file)) {
          modules.add(new KernelTypes.Module(name, Btf.parse(bytes(file), base)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return modules;
  }

  /** Names of /proc/kallsyms, read when one is first asked for; null where it is not readable. */
  private static final class Symbols {
    static final @Nullable SymbolNames NAMES = read();

    private static @Nullable SymbolNames read() {
      Path table = Path.of("/proc/kallsyms");
      try {
        return Files.isReadable(table) ? SymbolNames.read(table) : null;
      } catch (IOException e) {
        return null;
      }
    }
  }

  private static boolean hasSymbol(String name) {
    SymbolNames names = Symbols.NAMES;
    return names == null || names.contains(name);
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
