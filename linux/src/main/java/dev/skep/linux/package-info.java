/** The kernel engine over bpf(2). */
@NullMarked
package dev.skep.linux;

import org.jspecify.annotations.NullMarked;
