package dev.skep.program;

import dev.skep.btf.Btf;

/**
 * The prototype of what a program is attached to (attach_func_proto). Two are equal if they are the
 * same type of the same BTF.
 *
 * @param typeId a FUNC_PROTO
 */
public record AttachPrototype(Btf btf, int typeId) {}
