/** The x86-64 JIT in the kernel's layout. */
@NullMarked
package dev.skep.jit.x64;

import org.jspecify.annotations.NullMarked;
