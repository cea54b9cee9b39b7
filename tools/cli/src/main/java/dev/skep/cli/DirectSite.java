package dev.skep.cli;

import org.jspecify.annotations.Nullable;

/**
 * An instruction of a direct tail call that is patched when its slot changes.
 *
 * @param part "bypass", the jump over the call, "target", the jump to the program, or "jump", which
 *     is both
 * @param map name of the program array
 * @param filled whether the code jumps to a program
 * @param program its name where that is known
 */
record DirectSite(String part, String map, int key, boolean filled, @Nullable String program) {
  /** As a comment in a listing. */
  String text() {
    String state = !filled ? "empty" : program == null ? "filled" : "filled by " + program;
    return part + " of tail call, map " + map + " key " + key + ", " + state;
  }
}
