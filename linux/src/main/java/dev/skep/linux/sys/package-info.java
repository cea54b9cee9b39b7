/**
 * The one seam to the kernel: the commands of bpf(2) with their argument layouts, and descriptors.
 *
 * <p>Everything goes through {@link dev.skep.natives.Syscalls}, so that tests can put a fake in the
 * kernel's place. Not exported.
 */
@NullMarked
package dev.skep.linux.sys;

import org.jspecify.annotations.NullMarked;
