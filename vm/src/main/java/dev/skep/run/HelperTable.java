package dev.skep.run;

import dev.skep.btf.Btf;
import dev.skep.errors.UnsupportedException;
import dev.skep.machine.BpfFunction;
import dev.skep.program.Helpers;
import dev.skep.program.KernelTypes;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.KernelFunction;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The functions that programs can call: helpers by number, some with another body for some program
 * types, and the kernel functions that rewritten code names.
 */
final class HelperTable {
  /** Stands for functions that only programs call which nothing here runs. */
  private static final BpfFunction NEVER_CALLED =
      (cpu, r1, r2, r3, r4, r5) -> {
        throw new IllegalStateException("a program that has no test run was run");
      };

  private final @Nullable BpfFunction[] helpers = new @Nullable BpfFunction[Helpers.COUNT];
  private final EnumMap<KernelFunction, BpfFunction> functions =
      new EnumMap<>(KernelFunction.class);
  private final EnumMap<ProgramType, Map<Integer, BpfFunction>> special =
      new EnumMap<>(ProgramType.class);

  private final Map<String, BpfFunction> kfuncs = new HashMap<>();
  private final KernelTypes kernel;

  /**
   * @param kernel where kernel functions have their names
   */
  HelperTable(KernelTypes kernel) {
    this.kernel = kernel;
  }

  /** Defines a helper for all program types that may call it. */
  void set(int id, BpfFunction function) {
    helpers[id] = function;
  }

  /** Defines what a helper is for one program type. */
  void set(ProgramType type, int id, BpfFunction function) {
    special.computeIfAbsent(type, any -> new HashMap<>()).put(id, function);
  }

  /** Defines what a helper is for all program types, whatever was said before. */
  void override(int id, BpfFunction function) {
    special.values().forEach(own -> own.remove(id));
    set(id, function);
  }

  void set(KernelFunction name, BpfFunction function) {
    functions.put(name, function);
  }

  /** Defines a kernel function that programs call by its BTF id, by its name. */
  void set(String name, BpfFunction function) {
    kfuncs.put(name, function);
  }

  /** Defines what a kernel function is for one program type. */
  void set(ProgramType type, String name, BpfFunction function) {
    kfuncs.put(type.text() + ":" + name, function);
  }

  /**
   * The kernel function with that BTF id, as programs of that type call it.
   *
   * @throws UnsupportedException if it is not there
   */
  BpfFunction kfunc(ProgramType type, int id) {
    Btf btf = kernel.vmlinux();
    if (btf == null || !btf.hasType(id)) {
      throw new UnsupportedException("kernel function #" + id);
    }
    String name = btf.name(id);
    BpfFunction own = kfuncs.get(type.text() + ":" + name);
    BpfFunction function = own != null ? own : kfuncs.get(name);
    if (function == null) {
      throw new UnsupportedException("kernel function " + name);
    }
    return function;
  }

  /**
   * The function behind the imm of a call in a rewritten program of that type; null when there is
   * none.
   */
  @Nullable BpfFunction find(ProgramType type, int number) {
    if (number >= KernelFunction.FIRST) {
      return functions.get(KernelFunction.ofNumber(number));
    }
    if (number < 0 || number >= helpers.length) {
      return null;
    }
    BpfFunction own = special.getOrDefault(type, Map.of()).get(number);
    return own != null ? own : helpers[number];
  }

  /**
   * As {@link #find}.
   *
   * @throws UnsupportedException naming the function if there is none
   */
  BpfFunction require(ProgramType type, int number) {
    BpfFunction function = find(type, number);
    if (function == null && !TestRuns.runs(type)) {
      return NEVER_CALLED;
    }
    if (function == null) {
      throw new UnsupportedException(
          "function " + name(number) + " of programs of type " + type.text());
    }
    return function;
  }

  /** The name for messages: "bpf_map_lookup_elem#1" or a kernel symbol. */
  static String name(int number) {
    if (number >= KernelFunction.FIRST) {
      return KernelFunction.ofNumber(number).symbol();
    }
    return Helpers.name(number) + "#" + number;
  }
}
