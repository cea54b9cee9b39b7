/** The interfaces that every engine implements. */
@NullMarked
package dev.skep.engine;

import org.jspecify.annotations.NullMarked;
