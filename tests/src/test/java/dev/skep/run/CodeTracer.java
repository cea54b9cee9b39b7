package dev.skep.run;

import dev.skep.btf.Btf;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.jit.x64.Trampoline;
import dev.skep.natives.Memory;
import dev.skep.program.FuncInfo;
import dev.skep.program.layout.BpfProgLayout;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.NullMarked;

/** Counts entries and exits of functions in the machine code of the engine jit-kernel. */
@NullMarked
public final class CodeTracer implements AutoCloseable {
  private final JitBackend backend;
  private final long counters = Memory.allocate(2 * Long.BYTES);

  public CodeTracer(Engine engine) {
    backend = (JitBackend) ((Vm) engine).backend();
  }

  /** Traces a function of a program, until the program is closed. */
  public void trace(LoadedProgram loaded, String function, boolean exits) {
    VmProgram program = (VmProgram) loaded;
    Btf btf = Objects.requireNonNull(program.program().btf());
    List<FuncInfo> functions = program.program().funcInfo();
    int number = 0;
    while (!btf.name(functions.get(number).typeId()).equals(function)) {
      number++;
    }
    long image = Memory.getLong(program.block() + BpfProgLayout.BPF_FUNC);
    int offset = program.machineCode().orElseThrow().functionOffset(number);
    Trampoline.attach(backend.text(), image + offset, counters, exits);
  }

  /** Entries and exits until now. */
  public List<Long> counts() {
    return List.of(Memory.getLong(counters), Memory.getLong(counters + Long.BYTES));
  }

  @Override
  public void close() {
    Memory.free(counters);
  }
}
