/**
 * BPF instructions: words, records, opcode table, assembler and disassembler.
 *
 * <p>Programs are arrays of 8-byte slots ({@link dev.skep.isa.InsnWord}). {@link
 * dev.skep.isa.InsnCodec} gives each its meaning as an {@link dev.skep.isa.Insn}; {@link
 * dev.skep.isa.Assembler} and {@link dev.skep.isa.Disassembler} read and print the kernel's text:
 *
 * <pre>
 *   long[] slots = Assembler.assemble("r0 = 2\nexit");
 *   Disassembler.text(slots[0], 0, CallNames.NONE);   // "(b7) r0 = 2"
 * </pre>
 *
 * Depends on dev.skep.errors only.
 */
@NullMarked
package dev.skep.isa;

import org.jspecify.annotations.NullMarked;
