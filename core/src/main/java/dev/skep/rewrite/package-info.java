/** The kernel's post-verification rewrites: VerifiedProgram to RunnableProgram. */
@NullMarked
package dev.skep.rewrite;

import org.jspecify.annotations.NullMarked;
