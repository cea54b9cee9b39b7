/**
 * The ELF object: sections, symbols, relocations, maps, programs, as libbpf reads them.
 *
 * <p>May depend on errors, isa, btf and program.
 *
 * <pre>{@code
 * BpfObject object = BpfObject.open(Path.of("firewall.bpf.o"));
 * object.set("limit", 100);
 * object.map("flows").maxEntries(65_536);
 * Program program = object.toProgram(object.program("xdp_main"));
 * }</pre>
 */
@NullMarked
package dev.skep.object;

import org.jspecify.annotations.NullMarked;
