package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.TestRun;
import dev.skep.errors.SkepException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.KernelBtf;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelFacts;
import dev.skep.linux.KernelProgram;
import dev.skep.natives.CpuFeatures;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.Dialect;
import dev.skep.program.Program;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How equal Skep and the running kernel are on the programs of objects.
 *
 * <pre>
 *   try (ObjectLadder ladder = ObjectLadder.open()) {
 *     BpfObject object = BpfObject.open(path);
 *     for (ObjectProgram program : object.programs()) {
 *       Comparison result = ladder.climb(object, program, ladder.inputs(program));
 *       assertThat(result.isDifferent()).isFalse();
 *     }
 *   }
 * </pre>
 *
 * For one thread. Each program is judged by itself, with the maps of its object.
 */
public final class ObjectLadder implements AutoCloseable {
  private static final int INPUTS = 24;

  private final KernelEngine kernel;
  private final VerifierOptions options;
  private final Map<Rung, Engine> engines = new EnumMap<>(Rung.class);
  private final CodeRungs code = new CodeRungs(new KernelDump());
  private final BehaviourRungs behaviour;

  private ObjectLadder(KernelEngine kernel) {
    this.kernel = kernel;
    options = verifierOptions();
    VmOptions vm = VmOptions.ofCpus(kernel.cpus()).withKernel(KernelBtf.types());
    engines.put(Rung.INTERP, Vm.interp(vm));
    if (CpuFeatures.host().x64()) {
      engines.put(Rung.JIT, Vm.jit(vm));
      engines.put(Rung.JIT_KERNEL, Vm.jitKernel(vm));
    }
    behaviour = new BehaviourRungs(kernel, engines);
  }

  /**
   * A ladder beside the kernel of this machine.
   *
   * @throws UnsupportedException where bpf(2) may not be used, with one line that says why
   */
  public static ObjectLadder open() {
    return new ObjectLadder(kernel());
  }

  /**
   * The kernel of this machine.
   *
   * @throws UnsupportedException where bpf(2) may not be used, with one line that says why
   */
  public static KernelEngine kernel() {
    KernelEngine.Availability availability = KernelEngine.available();
    if (!availability.available()) {
      throw new UnsupportedException("engine linux: " + availability.reason());
    }
    return KernelEngine.host();
  }

  /** What the verifier has to know to judge as the kernel of this machine does. */
  public static VerifierOptions verifierOptions() {
    return new VerifierOptions(
        Dialect.V6_18, KernelFacts.read().host(), 0, Integer.MAX_VALUE, KernelBtf.types());
  }

  /** Inputs for a program where the user has none: {@link Inputs} of seed 1. */
  public List<TestRun> inputs(ObjectProgram program) {
    return Inputs.generate(program.type(), 1, INPUTS);
  }

  /**
   * Climbs all rungs as far as each makes sense after those below.
   *
   * @param inputs for L5, at least one
   */
  public Comparison climb(BpfObject object, ObjectProgram program, List<TestRun> inputs) {
    List<Finding> findings = new ArrayList<>();
    String linux = "";
    try {
      Program linked = object.toProgram(program);
      linux = climb(object, program, linked, inputs, findings);
    } catch (UnsupportedException missing) {
      findings.clear();
      findings.add(Finding.unsupported(Rung.VERDICT, String.valueOf(missing.getMessage())));
    } catch (SkepException refused) {
      findings.clear();
      findings.add(Finding.notCompared(Rung.VERDICT, String.valueOf(refused.getMessage())));
    }
    fill(findings);
    return new Comparison(
        object.name(), program.name(), program.section(), program.type().text(), linux, findings);
  }

  private String climb(
      BpfObject object,
      ObjectProgram program,
      Program linked,
      List<TestRun> inputs,
      List<Finding> findings) {
    try (KernelMaps maps = new KernelMaps(kernel)) {
      List<BpfMap> own = maps.of(linked);
      try (VerdictRungs rungs = VerdictRungs.climb(kernel, linked, own, options)) {
        findings.addAll(rungs.findings());
        KernelProgram loaded = rungs.linuxProgram();
        VerifiedProgram verified = rungs.skepProgram();
        if (loaded != null && verified != null) {
          findings.addAll(code.climb(verified, loaded, own));
          findings.addAll(behaviour.climb(object, program, inputs));
        }
        return rungs.linux() == null ? "" : VerdictRungs.text(rungs.linux());
      }
    }
  }

  /** Every rung has a finding: what was not reached is not compared. */
  private void fill(List<Finding> findings) {
    String why =
        findings.getFirst().kind() == Finding.Kind.EQUAL
            ? "the program is rejected"
            : "see " + Rung.VERDICT.key();
    for (Rung rung : Rung.values()) {
      boolean engine = !rung.runs() || engines.containsKey(rung);
      if (findings.stream().noneMatch(finding -> finding.rung() == rung)) {
        findings.add(Finding.notCompared(rung, engine ? why : "no such engine here"));
      }
    }
    findings.sort(java.util.Comparator.comparing(Finding::rung));
  }

  @Override
  public void close() {
    engines.values().forEach(Engine::close);
    kernel.close();
  }
}
