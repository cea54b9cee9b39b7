/**
 * The running Linux kernel as an engine: maps, programs and test_run over bpf(2).
 *
 * <p>Every file descriptor has one owner, an {@link AutoCloseable}.
 */
@NullMarked
package dev.skep.linux;

import org.jspecify.annotations.NullMarked;
