package dev.skep.ladder;

import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.program.Program;
import java.util.List;

/**
 * One program to compare, with its inputs.
 *
 * @param name where it comes from: seed or file
 * @param packets one test_run each; empty arrays where no data is passed
 * @param contexts as many as packets; empty arrays where no context is passed
 * @param contents the initial elements of each map of the program
 * @param targets programs for the slots of program arrays; they use the same maps
 */
public record Sample(
    String name,
    Program program,
    List<byte[]> packets,
    List<byte[]> contexts,
    List<List<Element>> contents,
    List<Program> targets) {

  /**
   * A map element. A per-CPU value is written to every CPU. That of a program array is one byte,
   * which a constant program in the slot returns, or the 4-byte number of one of the targets. That
   * of a map of maps is the first value of a map in the slot.
   */
  public record Element(byte[] key, byte[] value) {}

  /** A sample without tail call targets of its own. */
  public Sample(
      String name,
      Program program,
      List<byte[]> packets,
      List<byte[]> contexts,
      List<List<Element>> contents) {
    this(name, program, packets, contexts, contents, List.of());
  }

  public Sample named(String newName) {
    return new Sample(newName, program, packets, contexts, contents, targets);
  }

  public Sample withInputs(List<byte[]> newPackets, List<byte[]> newContexts) {
    return new Sample(name, program, newPackets, newContexts, contents, targets);
  }

  public Sample withTargets(List<Program> newTargets) {
    return new Sample(name, program, packets, contexts, contents, newTargets);
  }

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
            p.attachTo(),
            p.attachBtfId(),
            p.attachModule(),
            p.attachProgram(),
            p.modules()),
        packets,
        contexts,
        contents,
        targets);
  }
}
