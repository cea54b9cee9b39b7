/**
 * Java classes for BPF objects: a {@link dev.skep.skeleton.Skeleton} is the source of one, with
 * everything of the object by name and type.
 */
@NullMarked
package dev.skep.skeleton;

import org.jspecify.annotations.NullMarked;
