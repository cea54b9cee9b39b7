/** Runs, updates, loads and unloads at once: what must hold whatever the threads do. */
@NullMarked
package dev.skep.tests.stress;

import org.jspecify.annotations.NullMarked;
