package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.btf.CoreResolver;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.KernelTypes;
import dev.skep.program.MapSpec;
import dev.skep.program.ObjectFields;
import dev.skep.program.Program;
import dev.skep.program.SpecialFields;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Numbers for the BTFs that registers point into, so that a register holds no object: the program's
 * own, vmlinux's and those of modules.
 */
final class BtfObjects {
  /** The program's own BTF: types of objects that it allocates itself. */
  static final int PROGRAM = -1;

  /** The kernel's BTF; modules follow in the order of {@link KernelTypes#modules}. */
  static final int VMLINUX = 0;

  private final Program program;
  private final KernelTypes kernel;
  private final KernelSymbols symbols;
  private @Nullable ObjectFields objects;

  BtfObjects(Program program, KernelTypes kernel) {
    this.program = program;
    this.kernel = kernel;
    symbols = new KernelSymbols(this, kernel);
  }

  /** The BTF of a number that was given out before. */
  Btf of(int number) {
    Btf btf =
        switch (number) {
          case PROGRAM -> program.btf();
          case VMLINUX -> kernel.vmlinux();
          default -> kernel.modules().get(number - 1).btf();
        };
    if (btf == null) {
      throw new IllegalStateException("no BTF " + number);
    }
    return btf;
  }

  /** The special fields of a map's values. */
  SpecialFields fieldsOf(MapSpec map) {
    return SpecialFields.of(map, kernel);
  }

  /** The special fields of a struct of the program's own (btf_find_struct_meta). */
  SpecialFields objectFields(int struct) {
    ObjectFields made = objects;
    Btf btf = program.btf();
    if (btf == null) {
      return SpecialFields.NONE;
    }
    if (made == null) {
      made = new ObjectFields(btf, kernel);
      objects = made;
    }
    return made.of(struct);
  }

  /** The number of a module by name, {@link #VMLINUX} for null. */
  int numberOf(@Nullable String module) {
    if (module == null) {
      return VMLINUX;
    }
    List<KernelTypes.Module> modules = kernel.modules();
    for (int i = 0; i < modules.size(); i++) {
      if (modules.get(i).name().equals(module)) {
        return i + 1;
      }
    }
    throw new IllegalStateException("no module " + module);
  }

  /** The variables and functions of the kernel that the program names. */
  KernelSymbols symbols() {
    return symbols;
  }

  /** Types of the kernel, or null if it has none. */
  @Nullable Btf vmlinux() {
    return kernel.vmlinux();
  }

  /** Whether a module has a type with the name of one of the program's. */
  boolean inModule(Btf btf, int type) {
    for (KernelTypes.Module module : kernel.modules()) {
      if (CoreResolver.candidates(btf, type, module.btf()).length > 0) {
        return true;
      }
    }
    return false;
  }

  /** The id of a struct of the kernel that programs need. */
  int kernelStruct(String name) {
    Btf vmlinux = vmlinux();
    int id = vmlinux == null ? 0 : vmlinux.find(name, BtfKind.STRUCT);
    if (id == 0) {
      throw new UnsupportedException("pointers to struct " + name + " without the kernel's BTF");
    }
    return id;
  }

  static boolean isKernel(int number) {
    return number != PROGRAM;
  }

  static boolean isModule(int number) {
    return number > VMLINUX;
  }

  /** Whether two ids mean the same type: modules share the ids of vmlinux (btf_types_are_same). */
  boolean same(int btf, int type, int otherBtf, int otherType) {
    if (type != otherType) {
      return false;
    }
    if (btf == otherBtf) {
      return true;
    }
    Btf vmlinux = vmlinux();
    return isKernel(btf) && isKernel(otherBtf) && vmlinux != null && type < vmlinux.typeCount();
  }

  /**
   * Whether a struct is the wanted one, or has it at an offset (btf_struct_ids_match).
   *
   * @param strict whether a struct that begins with the wanted one will not do
   */
  boolean holds(
      VerifierLog log, int btf, int struct, int off, int wantedBtf, int wanted, boolean strict) {
    if (off == 0 && same(btf, struct, wantedBtf, wanted)) {
      return true;
    }
    return !strict && new BtfWalk(log, of(btf)).holds(this, btf, struct, off, wantedBtf, wanted);
  }

  /** The name of a type as the log has it. */
  String name(int btf, int type) {
    return of(btf).name(type);
  }
}
