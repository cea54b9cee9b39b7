/** The Maven plugin: classes for the BPF objects of a project, written when it is built. */
@NullMarked
package dev.skep.maven;

import org.jspecify.annotations.NullMarked;
