/** Whole-program benchmarks, each beside the kernel's BPF_PROG_TEST_RUN in the same run. */
@NullMarked
package dev.skep.bench;

import org.jspecify.annotations.NullMarked;
