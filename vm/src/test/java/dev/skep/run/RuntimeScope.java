package dev.skep.run;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Cases whose results belong to the machine they were measured on, or need what is not there. */
final class RuntimeScope {
  /** By case id. */
  private static final Map<String, String> MACHINE =
      Map.of(
          "helper/get_stackid_ok", "stack of the measuring kernel",
          "helper/get_current_comm/4", "name of the measuring process",
          "helper/get_current_comm/16", "name of the measuring process",
          "helper/get_current_comm/20", "name of the measuring process");

  private RuntimeScope() {}

  /** Why a case is not compared, or null. */
  static @Nullable String reason(RuntimeCase golden, boolean kernelTypes) {
    String machine = MACHINE.get(golden.id());
    if (machine != null) {
      return machine;
    }
    for (Map<String, Object> program : golden.programs) {
      if (program.get("kfunc_fixups") != null && !kernelTypes) {
        return "kernel functions, without the kernel's BTF";
      }
    }
    return null;
  }
}
