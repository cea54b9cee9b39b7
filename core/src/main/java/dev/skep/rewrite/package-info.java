/**
 * The kernel's rewrites after verification: a {@link dev.skep.verify.VerifiedProgram} becomes a
 * {@link dev.skep.rewrite.RunnableProgram}, which interpreter and JITs take, and which {@link
 * dev.skep.rewrite.Xlated} shows as bpf(2) does.
 *
 * <pre>
 *   FastcallSpills     spills around calls that keep registers      (remove_fastcall_spills_fills)
 *   LoopInlining       bpf_loop with a known callback               (optimize_bpf_loop)
 *   DeadCode           what was never walked; nops                  (opt_*)
 *   ContextAccesses    user's view of contexts to kernel structs    (convert_ctx_accesses)
 *   MiscFixups         division, packet loads, may_goto, calls      (do_misc_fixups)
 *   ZeroExtension      upper halves                                 (opt_subreg_zext_lo32_rnd_hi32)
 * </pre>
 *
 * The program in between is a {@code Code}: flat arrays. Each pass is one forward walk that writes
 * a {@code Patch} or a {@code Removal}; those alone know how jumps, subprograms and line info move,
 * and do it in linear time. May use dev.skep.verify, program, isa and errors.
 *
 * <pre>{@code
 * RunnableProgram runnable = Rewriter.rewrite(accepted.program(), RewriteOptions.LINUX);
 * String dump = XlatedText.of(runnable, DumpNumbers.PLAIN, false, true);
 * }</pre>
 */
@NullMarked
package dev.skep.rewrite;

import org.jspecify.annotations.NullMarked;
