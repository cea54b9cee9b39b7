package dev.skep.run;

import dev.skep.machine.HandleLayout;
import dev.skep.machine.Handles;
import dev.skep.natives.Memory;
import org.jspecify.annotations.Nullable;

/** The loaded programs of one runtime, by number and by the address of their struct bpf_prog. */
final class Programs {
  private final Handles<VmProgram> handles = new Handles<>();

  /** Enters a program: its number from now on. */
  int add(VmProgram program) {
    return handles.add(program);
  }

  void remove(int number) {
    handles.remove(number);
  }

  @Nullable VmProgram byId(int id) {
    return handles.get(id);
  }

  /** The program of a block that a slot of a program array held during the present run. */
  @Nullable VmProgram at(long block) {
    return handles.get((int) Memory.getLong(block + HandleLayout.PROGRAM));
  }
}
