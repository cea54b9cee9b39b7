/** The ELF object: sections, symbols, relocations, maps, programs. */
@NullMarked
package dev.skep.object;

import org.jspecify.annotations.NullMarked;
