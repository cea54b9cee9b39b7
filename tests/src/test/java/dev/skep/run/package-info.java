/** Runs what the arm64 JIT emits under an emulator, as one more backend of the engine. */
@NullMarked
package dev.skep.run;

import org.jspecify.annotations.NullMarked;
