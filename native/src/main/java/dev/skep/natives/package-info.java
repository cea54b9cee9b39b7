/**
 * Off-heap memory, executable pages, per-CPU regions, system calls: the only restricted methods.
 */
@NullMarked
package dev.skep.natives;

import org.jspecify.annotations.NullMarked;
