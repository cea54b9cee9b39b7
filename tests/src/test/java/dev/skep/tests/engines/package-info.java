/** The same tests on every engine. */
@NullMarked
package dev.skep.tests.engines;

import org.jspecify.annotations.NullMarked;
