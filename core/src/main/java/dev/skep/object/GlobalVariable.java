package dev.skep.object;

/**
 * A variable in a data section.
 *
 * @param map name of the map that holds it, as in ".rodata"
 * @param offset bytes from the start of the map's value
 * @param size bytes
 * @param typeId BTF id of its VAR, 0 without BTF
 */
public record GlobalVariable(String name, String map, int offset, int size, int typeId) {}
