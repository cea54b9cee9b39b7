/** Tail calls on every engine: what the checks of docs/tail-call-checks.md say of running them. */
@NullMarked
package dev.skep.tests.tailcalls;

import org.jspecify.annotations.NullMarked;
