/**
 * Skep against the running kernel: generated programs, compared rung by rung of the ladder in docs
 * (verdict, log, rewritten instructions, machine code, behaviour).
 */
@NullMarked
package dev.skep.tests.differential;

import org.jspecify.annotations.NullMarked;
