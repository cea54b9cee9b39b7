/** The x86-64 JIT, in the layout of the kernel and in one for userspace. */
@NullMarked
package dev.skep.jit.x64;

import org.jspecify.annotations.NullMarked;
