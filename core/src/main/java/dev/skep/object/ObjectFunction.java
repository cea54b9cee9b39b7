package dev.skep.object;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A function symbol of an executable section, with the relocations of its instructions.
 *
 * @param section index of its section
 * @param code the instruction words of the whole section, shared, not relocated
 * @param start its first slot in the section
 * @param length its number of slots
 * @param entry whether it is a program of its own; otherwise others link it in
 * @param global whether its symbol is global or weak, and not hidden
 * @param relocations symbols by slot in the function
 */
record ObjectFunction(
    String name,
    int section,
    long[] code,
    int start,
    int length,
    boolean entry,
    boolean global,
    Map<Integer, ElfFile.Symbol> relocations) {

  ObjectFunction(
      String name, int section, long[] code, int start, int length, boolean entry, boolean global) {
    this(name, section, code, start, length, entry, global, new HashMap<>(4));
  }

  boolean contains(long slot) {
    return slot >= start && slot < (long) start + length;
  }

  ElfFile.@Nullable Symbol relocation(int insn) {
    return relocations.get(insn);
  }
}
