/**
 * The running Linux kernel as an engine: maps, programs and test_run over bpf(2).
 *
 * <p>Everything goes through {@link dev.skep.natives.Syscalls}, so that tests can put a fake in the
 * kernel's place. Every file descriptor has one owner, an {@link AutoCloseable}.
 */
@NullMarked
package dev.skep.linux;

import org.jspecify.annotations.NullMarked;
