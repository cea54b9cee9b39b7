/** What tests of several modules share. */
@NullMarked
package dev.skep.testing;

import org.jspecify.annotations.NullMarked;
