/** BPF instructions: words, records, opcode table, assembler and disassembler. */
@NullMarked
package dev.skep.isa;

import org.jspecify.annotations.NullMarked;
