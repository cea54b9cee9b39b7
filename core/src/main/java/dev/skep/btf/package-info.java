/** BTF and .BTF.ext: reader, writer, C dump. */
@NullMarked
package dev.skep.btf;

import org.jspecify.annotations.NullMarked;
