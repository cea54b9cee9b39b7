/** Programs and maps as data: types, specs, prototypes, context layouts. */
@NullMarked
package dev.skep.program;

import org.jspecify.annotations.NullMarked;
