/**
 * Programs from seeds, spoilt and mutated ones, and what shrinks them, for differential runs on the
 * ladder.
 */
@NullMarked
package dev.skep.fuzz;

import org.jspecify.annotations.NullMarked;
