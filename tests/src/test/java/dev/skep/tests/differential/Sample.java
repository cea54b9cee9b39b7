package dev.skep.tests.differential;

import dev.skep.program.Program;
import java.util.List;

/**
 * One program to compare, with its inputs.
 *
 * @param name where it comes from: seed or file
 * @param packets one test_run each
 * @param contexts as many as packets; empty arrays where no context is passed
 * @param contents the initial elements of each map of the program
 */
record Sample(
    String name,
    Program program,
    List<byte[]> packets,
    List<byte[]> contexts,
    List<List<Element>> contents) {

  /** A map element; a per-CPU value is written to every CPU. */
  record Element(byte[] key, byte[] value) {}

  Sample withInsns(String newName, long[] insns) {
    Program p = program;
    return new Sample(
        newName,
        new Program(
            p.name(),
            p.section(),
            p.type(),
            p.expectedAttachType(),
            p.flags(),
            p.license(),
            insns,
            p.maps(),
            p.funcInfo(),
            p.lineInfo(),
            p.btf(),
            p.attachTo()),
        packets,
        contexts,
        contents);
  }
}
