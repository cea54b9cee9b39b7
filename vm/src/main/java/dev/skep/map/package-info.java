/** Map types over off-heap memory. */
@NullMarked
package dev.skep.map;

import org.jspecify.annotations.NullMarked;
