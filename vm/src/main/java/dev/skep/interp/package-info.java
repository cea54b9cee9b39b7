/** The reference interpreter. */
@NullMarked
package dev.skep.interp;

import org.jspecify.annotations.NullMarked;
