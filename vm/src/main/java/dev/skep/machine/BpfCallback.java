package dev.skep.machine;

/**
 * Calls a function of the program that runs: how bpf_loop, bpf_for_each_map_elem and the like call
 * back. Each engine has its own kind of function address.
 */
@FunctionalInterface
public interface BpfCallback {
  /** Outside of a run. */
  BpfCallback NONE =
      (function, r1, r2, r3, r4, r5) -> {
        throw new IllegalStateException("callback outside of a run");
      };

  /**
   * Runs the function to its end, on the CPU and the stack of the run.
   *
   * @param function what the program passed to the helper
   * @return R0
   */
  long call(long function, long r1, long r2, long r3, long r4, long r5);
}
