/**
 * The ladder of equivalence: takes a program up rung by rung, Skep beside the running kernel, and
 * tells where they differ: verdict, reason, log, rewritten instructions, machine code, behaviour.
 */
@NullMarked
package dev.skep.ladder;

import org.jspecify.annotations.NullMarked;
