package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.Files;
import dev.skep.natives.Syscalls;
import dev.skep.program.AttachType;
import java.nio.file.Path;

/**
 * A network namespace: sk_lookup (Linux 5.9) and flow_dissector (Linux 5.8) programs.
 *
 * @param file as in /proc/PID/ns/net or /run/netns/NAME
 */
public record NetNamespace(Path file) implements KernelAttachPoint {
  private static final String NO_FILE = "give a file as /proc/PID/ns/net";

  /** The namespace of the calling thread. */
  public static NetNamespace current() {
    return new NetNamespace(Path.of("/proc/thread-self/ns/net"));
  }

  Link attach(Attachee program) {
    try (Fd fd =
        new Files(program.syscalls()).open(file, Files.RDONLY, program.what(this), NO_FILE)) {
      AttachType type = AttachType.ofNumber(program.program().expectedAttachType());
      return program.link(
          this, fd.number(), type == null ? AttachType.SK_LOOKUP : type, 0, Attachee.Options.NONE);
    }
  }

  /** The programs that are attached there for a type now. */
  public Chain query(AttachType type) {
    Bpf bpf = new Bpf(Syscalls.host());
    String what = "query of " + describe();
    try (Fd fd = new Files(bpf.syscalls()).open(file, Files.RDONLY, what, NO_FILE)) {
      return Chains.query(bpf, fd.number(), type, what);
    }
  }

  @Override
  public String describe() {
    return "network namespace " + file;
  }
}
