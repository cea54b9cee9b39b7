/**
 * Byte offsets in kernel structs, as rewritten code and machine code have them.
 *
 * <p>Measured on Linux 6.18 (x86-64, the configuration of the golden data). Context conversion, map
 * inlining and the kernel-layout JIT put these numbers into code; whoever runs that code in process
 * lays its memory out the same way. All values are little-endian.
 */
@NullMarked
package dev.skep.program.layout;

import org.jspecify.annotations.NullMarked;
