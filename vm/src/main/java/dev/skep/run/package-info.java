/** The userspace runtime: CPUs, helpers, program arrays, test_run. */
@NullMarked
package dev.skep.run;

import org.jspecify.annotations.NullMarked;
