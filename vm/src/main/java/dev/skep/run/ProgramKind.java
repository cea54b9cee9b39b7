package dev.skep.run;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.map.CgroupStorageMap;
import dev.skep.map.ProgramOwner;
import dev.skep.map.VmMap;
import dev.skep.program.AttachPrototype;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.rewrite.RunnableProgram;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What program arrays ask of a program.
 *
 * @param owner the kind of array that it fits
 * @param reachesTailCall from its entry
 */
record ProgramKind(ProgramOwner owner, boolean reachesTailCall, boolean overridesReturn) {
  /** BPF_F_SLEEPABLE and BPF_F_XDP_HAS_FRAGS of program loading. */
  private static final int SLEEPABLE = 0x10;

  private static final int XDP_HAS_FRAGS = 0x20;

  private static final int OVERRIDE_RETURN = 58;

  /**
   * Of a rewritten program.
   *
   * @param prototype what it is attached to, or null
   * @param maps in the order of the program's
   */
  static ProgramKind of(
      RunnableProgram runnable, @Nullable AttachPrototype prototype, List<VmMap> maps) {
    Program program = runnable.program();
    ProgramOwner owner =
        new ProgramOwner(
            program.resolvedType(),
            program.expectedAttachType(),
            (program.flags() & XDP_HAS_FRAGS) != 0,
            (program.flags() & SLEEPABLE) != 0,
            prototype,
            storage(maps, MapType.CGROUP_STORAGE),
            storage(maps, MapType.PERCPU_CGROUP_STORAGE));
    return new ProgramKind(
        owner,
        runnable.functions().getFirst().tailCallReachable(),
        calls(runnable.insns(), OVERRIDE_RETURN));
  }

  /** A program uses at most one storage of each type. */
  private static int storage(List<VmMap> maps, MapType type) {
    for (VmMap map : maps) {
      if (map instanceof CgroupStorageMap && map.spec().type() == type) {
        return map.id();
      }
    }
    return 0;
  }

  private static boolean calls(long[] insns, int helper) {
    for (int i = 0; i < insns.length; i++) {
      int code = InsnWord.code(insns[i]);
      if (code == Opcodes.LD_IMM64) {
        i++;
      } else if (code == Opcodes.CALL_CODE
          && InsnWord.src(insns[i]) == 0
          && InsnWord.imm(insns[i]) == helper) {
        return true;
      }
    }
    return false;
  }
}
