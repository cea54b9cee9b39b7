/**
 * Places of the running kernel that programs are attached to, and the links that hold them there.
 *
 * <p>A place is a value: {@link dev.skep.linux.link.Xdp}, {@link dev.skep.linux.link.Tcx}, {@link
 * dev.skep.linux.link.Tracepoint} and so on; {@link dev.skep.engine.LoadedProgram#attach} takes it
 * and returns a {@link dev.skep.engine.Link}. The table of kinds is docs/attach.md.
 */
@NullMarked
package dev.skep.linux.link;

import org.jspecify.annotations.NullMarked;
