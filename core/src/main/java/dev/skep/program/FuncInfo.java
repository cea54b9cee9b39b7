package dev.skep.program;

/**
 * A subprogram's start and its BTF function (struct bpf_func_info).
 *
 * @param insn index of the first instruction
 * @param typeId BTF id of kind FUNC
 */
public record FuncInfo(int insn, int typeId) {}
