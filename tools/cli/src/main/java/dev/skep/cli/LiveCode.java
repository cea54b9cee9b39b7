package dev.skep.cli;

import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.ProgramArray;
import dev.skep.jit.MachineCode;
import dev.skep.object.BpfObject;
import dev.skep.program.Program;
import dev.skep.run.Vm;
import dev.skep.run.VmProgram;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** An object loaded into this process, to look at the code where it lives. */
final class LiveCode implements AutoCloseable {
  private final Vm vm;
  private final LoadedObject object;
  private final VmProgram program;

  /** Loads the program and those of the slots, and fills the slots. */
  LiveCode(CodeTarget target, BpfObject opened, String name, SlotOptions slots) {
    vm = target.engine();
    try {
      object = EntryProgram.load(vm, opened, name, slots.programs(opened));
      slots.apply(object);
      program = (VmProgram) object.program(name);
    } catch (RuntimeException failed) {
      vm.close();
      throw failed;
    }
  }

  /** The machine code with all addresses, as it is now. */
  MachineCode code() {
    return program.machineCode().orElseThrow();
  }

  /** Name of the program in a slot of one of the program's maps, or null where it is empty. */
  @Nullable String slot(int map, int key) {
    Program source = program.program();
    ProgramArray array = ProgramArray.of(object.map(source.maps().get(map).name()));
    if (Integer.compareUnsigned(key, array.length()) >= 0) {
      return null;
    }
    OptionalInt id = array.id(key);
    if (id.isEmpty()) {
      return null;
    }
    for (LoadedProgram each : object.programs().values()) {
      if (each.id() == id.getAsInt()) {
        return each.program().name();
      }
    }
    return "id " + id.getAsInt();
  }

  @Override
  public void close() {
    object.close();
    vm.close();
  }
}
