package dev.skep.isa;

import org.jspecify.annotations.Nullable;

/**
 * Where the {@link Disassembler} gets names from that the instruction itself does not hold (struct
 * bpf_insn_cbs).
 */
@FunctionalInterface
public interface CallNames {
  /** Knows no name: helpers and kfuncs read "unknown". */
  CallNames NONE = word -> null;

  /**
   * What a call is printed with. For a call of a helper or kfunc: its name, which the disassembler
   * completes to "name#imm". For a call of a subprogram: the text after "pc", as in
   * "+7#bpf_prog_1".
   *
   * @param word the call instruction
   * @return null for what the verifier's log says without symbols: "unknown", or the signed imm
   */
  @Nullable String call(long word);

  /**
   * What the constant of a ld_imm64 is printed as.
   *
   * @param first the slot with the code
   * @param second the slot after it
   * @return null for the constant in hexadecimal
   */
  default @Nullable String immediate(long first, long second) {
    return null;
  }
}
