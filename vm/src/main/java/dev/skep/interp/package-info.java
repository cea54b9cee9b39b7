/**
 * The reference interpreter: what every instruction means, on memory that is checked.
 *
 * <p>{@link dev.skep.interp.Interpreter#load} decodes a {@link dev.skep.rewrite.RunnableProgram}
 * once; {@link dev.skep.interp.InterpretedProgram#run} runs it on a CPU that the caller holds.
 * Functions that programs call, and the addresses of their maps, come from a {@link
 * dev.skep.interp.Linkage}. It knows nothing of the JIT.
 */
@NullMarked
package dev.skep.interp;

import org.jspecify.annotations.NullMarked;
