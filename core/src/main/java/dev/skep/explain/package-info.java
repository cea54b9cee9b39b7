/** Why a program was rejected, for people: beside the kernel's text, never instead of it. */
@NullMarked
package dev.skep.explain;

import org.jspecify.annotations.NullMarked;
