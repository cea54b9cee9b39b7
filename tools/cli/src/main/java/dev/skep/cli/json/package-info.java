/** JSON lines in and out, over jackson-core's streams. */
@NullMarked
package dev.skep.cli.json;

import org.jspecify.annotations.NullMarked;
