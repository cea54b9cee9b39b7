package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.errors.SkepException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.linux.KernelEngine;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectMap;
import dev.skep.object.ObjectProgram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rung L5: the object loaded on every engine, its program run over the same inputs, then return
 * values, packets, contexts and maps compared.
 */
final class BehaviourRungs {
  /** The error number of a type without test_run, of the kernel alone. */
  private static final int ENOTSUPP = 524;

  private static final int TIMER_START = 171;

  /** On how many CPUs the kernel shows whether results depend on the CPU's number. */
  private static final int MAX_CPUS = 4;

  private final KernelEngine kernel;
  private final Map<Rung, Engine> engines;

  BehaviourRungs(KernelEngine kernel, Map<Rung, Engine> engines) {
    this.kernel = kernel;
    this.engines = new EnumMap<>(engines);
  }

  List<Finding> climb(BpfObject object, ObjectProgram program, List<TestRun> inputs) {
    if (startsTimers(object, program)) {
      return notCompared("its timers go on after the runs");
    }
    Set<String> expected = new LinkedHashSet<>();
    try {
      for (int cpu = 0; cpu < Math.min(kernel.cpus(), MAX_CPUS); cpu++) {
        expected.add(onCpu(cpu, object, program, inputs));
      }
      if (expected.contains("")) {
        return notCompared("linux has no test_run for " + program.type().text());
      }
      String again = onCpu(0, object, program, inputs);
      if (!again.equals(expected.iterator().next())) {
        String line = firstDifference(expected.iterator().next(), again);
        return notCompared("two runs on linux differ: " + line);
      }
    } catch (SkepException refused) {
      return notCompared("linux: " + refused.getMessage());
    }
    List<Finding> findings = new ArrayList<>();
    engines.forEach((rung, engine) -> {
      try {
        findings.add(compare(rung, expected, run(engine, object, program, inputs)));
      } catch (UnsupportedException missing) {
        findings.add(Finding.unsupported(rung, String.valueOf(missing.getMessage())));
      } catch (RejectedException later) {
        // The verdict by the rules of 6.18 has been compared: it was the kernel's.
        findings.add(
            Finding.notCompared(
                rung, "the engine, a later kernel, refuses: " + later.getMessage()));
      } catch (SkepException refused) {
        findings.add(compare(rung, expected, String.valueOf(refused.getMessage())));
      }
    });
    return findings;
  }

  private static boolean startsTimers(BpfObject object, ObjectProgram program) {
    try {
      return Arrays.stream(object.toProgram(program).insns())
          .anyMatch(word ->
              InsnWord.code(word) == Opcodes.CALL_CODE
                  && InsnWord.src(word) == 0
                  && InsnWord.imm(word) == TIMER_START);
    } catch (SkepException doesNotLink) {
      return false;
    }
  }

  /**
   * Equal to what the kernel did on one of its CPUs, or different from what it did on the first.
   */
  private static Finding compare(Rung rung, Set<String> expected, String found) {
    return expected.contains(found)
        ? Finding.equal(rung)
        : Finding.compare(rung, expected.iterator().next(), found);
  }

  private String onCpu(int cpu, BpfObject object, ObjectProgram program, List<TestRun> inputs) {
    try (CpuPin _ = new CpuPin(cpu)) {
      return run(kernel, object, program, inputs);
    }
  }

  List<Finding> notCompared(String why) {
    return engines.keySet().stream().map(rung -> Finding.notCompared(rung, why)).toList();
  }

  /** What the runs gave, a line each, then the maps; empty where there is no test_run. */
  private static String run(
      Engine engine, BpfObject object, ObjectProgram program, List<TestRun> inputs) {
    List<String> lines = new ArrayList<>();
    try (LoadedObject loaded = load(engine, object, program)) {
      LoadedProgram target = loaded.program(program.name());
      if (!canRun(target, inputs.getFirst())) {
        return "";
      }
      for (int i = 0; i < inputs.size(); i++) {
        lines.add("input " + (i + 1) + ": " + Behaviour.run(target, inputs.get(i)));
      }
      Set<String> used = usedMaps(loaded);
      for (Map.Entry<String, BpfMap> map : loaded.maps().entrySet()) {
        if (used.contains(map.getKey()) && Behaviour.isReadable(map.getValue().spec().type())) {
          for (String element : Behaviour.elements(map.getValue())) {
            lines.add("map \"" + map.getKey() + "\" " + element);
          }
        }
      }
    }
    return String.join("\n", lines);
  }

  /** An engine may leave out what no program that it loads uses, as per-CPU data in Linux 6.18. */
  private static Set<String> usedMaps(LoadedObject loaded) {
    Set<String> used = new HashSet<>();
    for (LoadedProgram program : loaded.programs().values()) {
      program.program().maps().forEach(map -> used.add(map.name()));
    }
    return used;
  }

  private static boolean canRun(LoadedProgram program, TestRun input) {
    try {
      program.testRun(input);
      return true;
    } catch (BpfErrnoException refused) {
      return refused.errno() != ENOTSUPP && refused.errno() != Errno.EOPNOTSUPP;
    }
  }

  /** Loads the program and those that program arrays name. */
  private static LoadedObject load(Engine engine, BpfObject object, ObjectProgram program) {
    for (ObjectProgram other : object.programs()) {
      object.autoload(other.name(), other == program || isSlot(object, other.name()));
    }
    return engine.load(object);
  }

  private static boolean isSlot(BpfObject object, String program) {
    for (ObjectMap map : object.maps()) {
      if (map.spec().slots().contains(program)) {
        return true;
      }
    }
    return false;
  }

  private static String firstDifference(String left, String right) {
    String[] a = left.split("\n", -1);
    String[] b = right.split("\n", -1);
    int i = 0;
    while (i < Math.min(a.length, b.length) && a[i].equals(b[i])) {
      i++;
    }
    String line = i < a.length ? a[i] : "(end)";
    return line.length() > 100 ? line.substring(0, 100) + ".." : line;
  }
}
