/** The verifier: Program to VerifiedProgram, or a rejection with its log. */
@NullMarked
package dev.skep.verify;

import org.jspecify.annotations.NullMarked;
