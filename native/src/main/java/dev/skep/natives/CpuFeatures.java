package dev.skep.natives;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the CPU and its kernel let user code do.
 *
 * @param x64 whether this is an x86-64 machine at all
 * @param bmi2 shlx, shrx, sarx
 * @param fsgsbase wrgsbase and rdgsbase outside the kernel
 */
public record CpuFeatures(boolean x64, boolean bmi2, boolean fsgsbase) {
  private static final long AT_HWCAP2 = 26;
  private static final long HWCAP2_FSGSBASE = 2;

  /** The machine this runs on. */
  public static CpuFeatures host() {
    return Holder.HOST;
  }

  private static CpuFeatures probe() {
    String arch = System.getProperty("os.arch");
    if (!"amd64".equals(arch) || !System.getProperty("os.name").equals("Linux")) {
      return new CpuFeatures(false, false, false);
    }
    return new CpuFeatures(true, flags().contains("bmi2"), (hwcap2() & HWCAP2_FSGSBASE) != 0);
  }

  private static Set<String> flags() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> Set.of(line.substring(line.indexOf(':') + 1).trim().split(" +")))
          .orElse(Set.of());
    } catch (IOException unreadable) {
      return Set.of(); // the plain forms run everywhere
    }
  }

  // /proc/cpuinfo tells what the CPU has; only the auxiliary vector tells that the kernel allows
  // it.
  private static long hwcap2() {
    MethodHandle getauxval = Libc.function("getauxval", 1);
    try {
      return (long) getauxval.invokeExact(AT_HWCAP2);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  private static final class Holder {
    static final CpuFeatures HOST = probe();
  }
}
