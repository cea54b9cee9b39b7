/** The arm64 JIT: the code that Linux emits, word for word. */
@NullMarked
package dev.skep.jit.arm64;

import org.jspecify.annotations.NullMarked;
