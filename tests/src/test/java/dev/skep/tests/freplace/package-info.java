/** Programs that replace functions of other programs. */
@NullMarked
package dev.skep.tests.freplace;

import org.jspecify.annotations.NullMarked;
