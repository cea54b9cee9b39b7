package dev.skep.linux;

import dev.skep.program.AttachType;
import dev.skep.program.Program;

/**
 * Attributes of BPF_PROG_LOAD that are left out where the kernel does not know them, as libbpf
 * does: the name (4.15), and the attach type (4.17) of programs that have only one.
 */
final class LoadTrims {
  private final KernelFeatures features;
  private final Program program;
  private boolean name = true;
  private boolean attachType = true;

  LoadTrims(KernelFeatures features, Program program) {
    this.features = features;
    this.program = program;
  }

  boolean keepsName() {
    return name;
  }

  boolean keepsAttachType() {
    return attachType;
  }

  /** Asks the kernel; whether another attempt differs from the last one. */
  boolean apply() {
    boolean before = name && attachType;
    name = program.name().isEmpty() || features.has(Feature.PROG_NAME);
    attachType = !hasDefault() || features.has(Feature.EXPECTED_ATTACH_TYPE);
    return before && !(name && attachType);
  }

  /** Whether the program's section is one whose attach type older kernels imply. */
  private boolean hasDefault() {
    AttachType type = AttachType.ofNumber(program.expectedAttachType());
    return switch (program.type()) {
      case XDP -> type == AttachType.XDP;
      case CGROUP_SKB, CGROUP_DEVICE, SOCK_OPS, SK_SKB, SK_MSG, LIRC_MODE2, FLOW_DISSECTOR -> true;
      case CGROUP_SOCK -> type == AttachType.CGROUP_INET_SOCK_CREATE;
      default -> false;
    };
  }
}
