package dev.skep.rewrite;

/**
 * Makes the spills and fills around bpf_fastcall calls that the verifier proved needless into jumps
 * to the next instruction, which {@link DeadCode} deletes (remove_fastcall_spills_fills).
 */
final class FastcallSpills {
  private FastcallSpills() {}

  static void run(Code code) {
    for (int s = 0; s < code.subprogs; s++) {
      for (int i = code.starts[s]; i < code.starts[s + 1]; i++) {
        int spills = code.facts.fastcallSpills[i];
        for (int j = 1; j <= spills; j++) {
          code.insns[i - j] = Words.NOP;
          code.insns[i + j] = Words.NOP;
        }
      }
    }
  }
}
