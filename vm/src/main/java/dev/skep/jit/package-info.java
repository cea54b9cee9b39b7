/** Machine code: lowering, labels, code objects. */
@NullMarked
package dev.skep.jit;

import org.jspecify.annotations.NullMarked;
