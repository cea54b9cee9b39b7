/** What a run executes on: CPUs, the address space, the functions that BPF code calls. */
@NullMarked
package dev.skep.machine;

import org.jspecify.annotations.NullMarked;
