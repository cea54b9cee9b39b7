/**
 * Typed access to the bytes of data sections and map values: what skeletons are made of.
 *
 * <p>{@link DataMemory} is some bytes, be it an image before load, a mapping of a live section, or
 * one CPU's copy of {@code .percpu} data. {@link TypedData} reads and writes them by the names that
 * BTF gives; generated skeletons do so by offsets. {@link PerCpu} has one of them for each CPU.
 */
@NullMarked
package dev.skep.data;

import org.jspecify.annotations.NullMarked;
