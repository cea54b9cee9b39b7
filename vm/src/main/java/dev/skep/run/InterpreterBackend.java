package dev.skep.run;

import dev.skep.interp.InterpretedProgram;
import dev.skep.interp.Interpreter;
import dev.skep.interp.Linkage;
import dev.skep.interp.StepObserver;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.map.VmMap;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.RunnableProgram;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs programs by the reference interpreter. */
final class InterpreterBackend implements Backend {
  private final Interpreter interpreter;
  private final HelperTable helpers;
  private final KernelVariables variables;
  private final Function<RunnableProgram, @Nullable StepObserver> observers;

  InterpreterBackend(
      Machine machine, HelperTable helpers, KernelVariables variables, Programs programs) {
    this(machine, helpers, variables, programs, program -> null);
  }

  /**
   * @param observers who watches a program, null for nobody
   */
  InterpreterBackend(
      Machine machine,
      HelperTable helpers,
      KernelVariables variables,
      Programs programs,
      Function<RunnableProgram, @Nullable StepObserver> observers) {
    this.helpers = helpers;
    this.variables = variables;
    this.observers = observers;
    interpreter = new Interpreter(machine, address -> interpreted(programs.at(address)));
  }

  private static @Nullable InterpretedProgram interpreted(@Nullable VmProgram program) {
    return program != null && program.executable() instanceof Interpreted code
        ? code.program()
        : null;
  }

  @Override
  public String name() {
    return "interp";
  }

  @Override
  public boolean entersBehindPrologue() {
    return false;
  }

  @Override
  public Executable load(RunnableProgram program, List<VmMap> maps) {
    return load(program, maps, Map.of());
  }

  @Override
  public Executable load(
      RunnableProgram program, List<VmMap> maps, Map<Integer, Executable> replaced) {
    Map<Integer, InterpretedProgram> extensions = new HashMap<>();
    replaced.forEach((function, code) -> extensions.put(function, ((Interpreted) code).program()));
    ProgramType type = program.program().resolvedType();
    AsyncProgram async = new AsyncProgram();
    Linkage linkage = new MapsAndHelpers(maps, helpers, variables, type, async);
    StepObserver observer = observers.apply(program);
    InterpretedProgram loaded =
        observer == null
            ? interpreter.load(program, linkage, extensions)
            : interpreter.loadObserved(program, linkage, observer);
    Executable code = new Interpreted(loaded, variables.programs(), async);
    async.loaded(code);
    return code;
  }

  @Override
  public void close() {
    interpreter.close();
  }

  private record MapsAndHelpers(
      List<VmMap> maps,
      HelperTable helpers,
      KernelVariables variables,
      ProgramType type,
      AsyncProgram async)
      implements Linkage {
    @Override
    public long mapAddress(int map) {
      return maps.get(map).address();
    }

    @Override
    public long mapValueAddress(int map, int offset) {
      return maps.get(map).directValue() + offset;
    }

    @Override
    public long variableAddress(KernelVariable variable) {
      return variable == KernelVariable.PROGRAM
          ? variables.programs().add(async)
          : variables.address(variable);
    }

    @Override
    public BpfFunction function(int number) {
      return helpers.require(type, number);
    }

    @Override
    public BpfFunction kfunc(int id) {
      return helpers.kfunc(type, id);
    }
  }

  private record Interpreted(InterpretedProgram program, AsyncPrograms programs, AsyncProgram async)
      implements Executable {
    @Override
    public long call(Cpu cpu, long function, long r1, long r2, long r3) {
      return program.call(cpu, function, r1, r2, r3);
    }

    @Override
    public long run(Cpu cpu, long context) {
      return program.run(cpu, context);
    }

    @Override
    public long entry() {
      return 0;
    }

    @Override
    public long tailCallEntry() {
      return 0;
    }

    @Override
    public void free() {
      programs.remove(async);
    }
  }
}
