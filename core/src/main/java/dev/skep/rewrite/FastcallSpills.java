package dev.skep.rewrite;

import dev.skep.verify.SubprogFacts;

/**
 * Makes the spills and fills around bpf_fastcall calls that the verifier proved needless into jumps
 * to the next instruction, which {@link DeadCode} deletes (remove_fastcall_spills_fills).
 */
final class FastcallSpills {
  private FastcallSpills() {}

  static void run(Code code) {
    for (int s = 0; s < code.subprogs; s++) {
      boolean modified = false;
      for (int i = code.starts[s]; i < code.starts[s + 1]; i++) {
        int spills = code.facts.fastcallSpills[i];
        for (int j = 1; j <= spills; j++) {
          code.insns[i - j] = Words.NOP;
          code.insns[i + j] = Words.NOP;
        }
        modified |= spills > 0;
      }
      SubprogFacts facts = code.verified.subprogs().get(code.subprogOrigin[s]);
      if (modified && !facts.keepFastcallStack()) {
        code.depths[s] = -facts.fastcallStackOff();
      }
    }
  }
}
