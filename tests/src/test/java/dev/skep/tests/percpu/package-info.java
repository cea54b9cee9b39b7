/** Per-CPU variables on every engine: what docs/percpu-checks.md lists. */
@NullMarked
package dev.skep.tests.percpu;

import org.jspecify.annotations.NullMarked;
