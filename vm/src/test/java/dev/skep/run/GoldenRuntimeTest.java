package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.program.KernelTypes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What Linux 6.18 did with maps, helpers and test runs, against what the engines do. The counts are
 * printed: equal, different (a failure), and out of scope by reason.
 */
class GoldenRuntimeTest {
  private static final String RESOURCE = "/run/kernel-6.18-runtime.jsonl.gz";

  /** The running kernel's types, for the cases that call kernel functions. */
  private static final @Nullable Btf KERNEL = kernel();

  private static @Nullable Btf kernel() {
    try {
      return Btf.parse(Files.readAllBytes(Path.of("/sys/kernel/btf/vmlinux")));
    } catch (IOException none) {
      return null;
    }
  }

  static List<RuntimeCase> cases() throws IOException {
    List<RuntimeCase> cases = new ArrayList<>();
    try (var stream =
            Objects.requireNonNull(GoldenRuntimeTest.class.getResourceAsStream(RESOURCE));
        var reader =
            new BufferedReader(
                new InputStreamReader(new GZIPInputStream(stream), StandardCharsets.UTF_8))) {
      reader.readLine(); // the format
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        cases.add(new RuntimeCase(line));
      }
    }
    return cases;
  }

  @Test
  void interpreter() throws IOException {
    try (Vm vm = Vm.interp(options())) {
      compare(vm);
    }
  }

  @Test
  void jit() throws IOException {
    try (Vm vm = TestVms.jit(options())) {
      compare(vm);
    }
  }

  @Test
  void jitKernel() throws IOException {
    try (Vm vm = TestVms.jitKernel(options())) {
      compare(vm);
    }
  }

  /** The machine of the measurement: two CPUs, devices 1, 2 and 4. */
  private static VmOptions options() {
    KernelTypes types = KERNEL == null ? KernelTypes.NONE : KernelTypes.of(KERNEL);
    return VmOptions.ofCpus(2).withDevices(2, 4).withKernel(types);
  }

  /** All on CPU 0, as it was measured. */
  private static void compare(Vm vm) throws IOException {
    vm.machine().cpus().enter(0);
    try {
      compareOnCpu0(vm);
    } finally {
      vm.machine().cpus().leave();
    }
  }

  private static void compareOnCpu0(Vm vm) throws IOException {
    int equal = 0;
    List<String> different = new ArrayList<>();
    Map<String, Integer> outOfScope = new TreeMap<>();
    for (RuntimeCase golden : cases()) {
      String reason = RuntimeScope.reason(golden, KERNEL != null);
      if (reason == null) {
        CaseRun run = new CaseRun(vm, golden, KERNEL);
        run.run();
        reason = run.outOfScope();
        if (reason == null && run.difference() == null) {
          equal++;
        } else if (reason == null) {
          different.add(golden.id() + ": " + run.difference());
        }
      }
      if (reason != null) {
        outOfScope.merge(reason, 1, Integer::sum);
      }
    }
    int skipped = outOfScope.values().stream().mapToInt(Integer::intValue).sum();
    System.out.println(
        "runtime golden, "
            + vm.name()
            + ": "
            + equal
            + " equal, "
            + different.size()
            + " different, "
            + skipped
            + " out of scope");
    outOfScope.forEach((reason, count) -> System.out.println("  " + count + " " + reason));
    different.forEach(line -> System.out.println("  DIFFERENT " + line));
    assertThat(different).isEmpty();
    assertThat(equal).isPositive();
  }
}
