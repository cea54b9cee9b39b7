/** What can go wrong with untrusted input, one exception per meaning; every text is one line. */
@NullMarked
package dev.skep.errors;

import org.jspecify.annotations.NullMarked;
