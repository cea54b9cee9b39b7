package dev.skep.ladder;

import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
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
public record Sample(
    String name,
    Program program,
    List<byte[]> packets,
    List<byte[]> contexts,
    List<List<Element>> contents) {

  /**
   * A map element; a per-CPU value is written to every CPU, and that of a program array is what the
   * program in the slot returns.
   */
  public record Element(byte[] key, byte[] value) {}

  public Sample withInsns(String newName, long[] insns) {
    return withCode(newName, insns, program.funcInfo(), program.lineInfo());
  }

  public Sample withCode(
      String newName, long[] insns, List<FuncInfo> functions, List<LineInfo> lines) {
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
            functions,
            lines,
            p.btf(),
            p.attachTo()),
        packets,
        contexts,
        contents);
  }
}
