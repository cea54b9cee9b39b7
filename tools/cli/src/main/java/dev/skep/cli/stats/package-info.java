/** The figures of verification as veristat names, filters, sorts, compares and prints them. */
@NullMarked
package dev.skep.cli.stats;

import org.jspecify.annotations.NullMarked;
