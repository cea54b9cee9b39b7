package dev.skep.rewrite;

/**
 * A tail call with a constant key whose jump is patched when the slot changes (struct
 * bpf_jit_poke_descriptor).
 *
 * @param map index into the program's maps
 * @param key slot of the program array
 * @param insn index of the tail call in the rewritten program
 */
public record PokeDescriptor(int map, int key, int insn) {}
