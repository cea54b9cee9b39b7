/**
 * BTF and .BTF.ext: a reader that decodes lazily, a writer, dumps in bpftool's text, CO-RE
 * matching.
 *
 * <p>May depend on errors and isa.
 *
 * <pre>{@code
 * Btf btf = Btf.parse(Files.readAllBytes(Path.of("/sys/kernel/btf/vmlinux")));
 * int task = btf.find("task_struct", BtfKind.STRUCT);
 * for (int i = 0; i < btf.vlen(task); i++) {
 *   System.out.println(btf.string(btf.memberNameOffset(task, i)));
 * }
 * }</pre>
 */
@NullMarked
package dev.skep.btf;

import org.jspecify.annotations.NullMarked;
