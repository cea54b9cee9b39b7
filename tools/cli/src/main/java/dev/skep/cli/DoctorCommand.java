package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.errors.SkepException;
import dev.skep.ladder.KernelLayoutProbe;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelFacts;
import dev.skep.natives.CodeSpace;
import dev.skep.natives.CpuFeatures;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code skep doctor}: what of this machine the engines can use. */
@Command(name = "doctor", description = "Say what this machine offers to the engines.")
final class DoctorCommand implements Callable<Integer> {
  @Mixin GlobalOptions global;
  @Spec CommandSpec spec;

  /** One line of the report. */
  record Finding(boolean ok, String text) {}

  @Override
  public Integer call() throws IOException {
    Map<String, Finding> findings = new LinkedHashMap<>();
    findings.put("jdk", jdk());
    findings.put("native access", nativeAccess());
    findings.put("cpu", guarded(DoctorCommand::cpu));
    findings.put("executable text", guarded(DoctorCommand::text));
    findings.put("engine interp", new Finding(true, "works everywhere"));
    findings.put("engine jit", guarded(() -> jit("layout for userspace, frames of its own")));
    findings.put("engine jit-kernel", guarded(() -> jit("the kernel's layout, in process")));
    findings.put("engine linux", guarded(DoctorCommand::linux));
    findings.put("kernel btf", btf());
    if (Files.exists(Path.of("/proc/sys/kernel"))) {
      findings.putAll(kernel());
    }
    findings.put("aot cache", aot());
    print(findings);
    return ExitStatus.OK;
  }

  private static Finding guarded(Supplier<Finding> probe) {
    try {
      return probe.get();
    } catch (SkepException | LinkageError | IllegalStateException | IllegalCallerException e) {
      return new Finding(false, String.valueOf(e.getMessage()));
    }
  }

  private static Finding jdk() {
    Runtime.Version version = Runtime.version();
    return new Finding(
        version.feature() >= 25,
        version + " on " + System.getProperty("os.name") + " " + System.getProperty("os.arch"));
  }

  private static Finding nativeAccess() {
    boolean enabled = CodeSpace.class.getModule().isNativeAccessEnabled();
    return new Finding(
        enabled, enabled ? "enabled" : "off: start with --enable-native-access=dev.skep.natives");
  }

  private static Finding cpu() {
    CpuFeatures features = CpuFeatures.host();
    return new Finding(
        features.x64(),
        Runtime.getRuntime().availableProcessors()
            + " processors, x86-64 "
            + yes(features.x64())
            + ", BMI2 "
            + yes(features.bmi2())
            + ", FSGSBASE "
            + yes(features.fsgsbase()));
  }

  private static Finding text() {
    try (CodeSpace space = new CodeSpace()) {
      space.free(space.allocate(64));
      return new Finding(true, "memfd in two views, never writable and executable in one");
    }
  }

  private static Finding jit(String layout) {
    CpuFeatures features = CpuFeatures.host();
    if (!features.x64()) {
      return new Finding(false, "needs an x86-64 processor");
    }
    return features.fsgsbase()
        ? new Finding(true, layout)
        : new Finding(false, "needs FSGSBASE for per-CPU data");
  }

  private static Finding linux() {
    String release = System.getProperty("os.name") + " " + System.getProperty("os.version");
    KernelEngine.Availability linux = KernelEngine.available();
    return new Finding(
        linux.available(),
        release + ": " + (linux.available() ? "bpf(2) allowed" : linux.reason()));
  }

  private static Map<String, Finding> kernel() {
    KernelFacts facts = KernelFacts.read();
    try {
      return KernelReport.of(facts, KernelLayoutProbe.host());
    } catch (SkepException | LinkageError | IllegalStateException | IllegalCallerException e) {
      return Map.of("kernel jit", new Finding(false, String.valueOf(e.getMessage())));
    }
  }

  private static Finding btf() {
    Path path = Path.of("/sys/kernel/btf/vmlinux");
    try {
      return new Finding(true, path + ", " + Files.size(path) / 1024 + " KiB");
    } catch (IOException e) {
      return new Finding(false, path + ": not there");
    }
  }

  private static Finding aot() {
    boolean used = System.getProperty("skep.aot") != null;
    return new Finding(used, used ? "in use" : "not in use (starts slower)");
  }

  private static String yes(boolean there) {
    return there ? "yes" : "no";
  }

  private void print(Map<String, Finding> findings) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (!global.anyJson()) {
      int width = findings.keySet().stream().mapToInt(String::length).max().orElse(0);
      findings.forEach((name, f) ->
          out.println(
              (f.ok ? "ok    " : "--    ")
                  + name
                  + " ".repeat(width - name.length())
                  + "  "
                  + f.text));
      return;
    }
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
      if (global.pretty) {
        json.useDefaultPrettyPrinter();
      }
      json.writeStartObject();
      for (Map.Entry<String, Finding> finding : findings.entrySet()) {
        json.writeObjectFieldStart(finding.getKey().replace(' ', '_').replace('-', '_'));
        json.writeBooleanField("ok", finding.getValue().ok);
        json.writeStringField("text", finding.getValue().text);
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    out.println(text);
  }
}
