package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An opened ELF object: the same result on every machine.
 *
 * <p>Opening reads sections, maps, variables and functions; {@link #toProgram} links one program.
 * Between the two, maps and variables may be changed. Mistakes that concern one program alone are
 * told when that program is linked, so that the others of the object stay usable.
 */
public final class BpfObject {
  private static final long MAX_FILE_BYTES = 1L << 30;

  private final ObjectModel model;

  private BpfObject(ObjectModel model) {
    this.model = model;
  }

  /**
   * Opens a file under libbpf's name for it: its base name up to the first dot.
   *
   * @throws MalformedException if it is no BPF object or cannot be read
   * @throws UnsupportedException if it needs what Skep lacks
   */
  public static BpfObject open(Path path) {
    return open(path, OpenOptions.DEFAULT);
  }

  /** As {@link #open(Path)}. */
  public static BpfObject open(Path path, OpenOptions options) {
    Path base = path.getFileName();
    String file = base == null ? "" : base.toString();
    int dot = file.indexOf('.');
    return open(dot < 0 ? file : file.substring(0, dot), read(path), options);
  }

  /** Opens the bytes of an object; the name is part of its data maps' kernel names. */
  public static BpfObject open(String name, byte[] bytes) {
    return open(name, bytes, OpenOptions.DEFAULT);
  }

  /** As {@link #open(String, byte[])}. */
  public static BpfObject open(String name, byte[] bytes, OpenOptions options) {
    return new BpfObject(ObjectReader.read(name, bytes, options));
  }

  static byte[] read(Path path) {
    try {
      if (Files.size(path) > MAX_FILE_BYTES) {
        throw new MalformedException(path + ": larger than 1 GiB");
      }
      return Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      throw new MalformedException(path + ": no such file");
    } catch (IOException e) {
      throw new MalformedException(path + ": cannot be read: " + e.getMessage());
    }
  }

  /** The object's name, at most 15 characters. */
  public String name() {
    return model.name;
  }

  /** The license, empty where the object has none. */
  public String license() {
    return model.license;
  }

  /** The kernel version of a "version" section, 0 without one. */
  public int kernelVersion() {
    return model.kernelVersion;
  }

  /** Whether the object was compiled for big-endian machines. */
  public boolean isBigEndian() {
    return model.bigEndian;
  }

  /** The programs by section, then by offset. */
  public List<ObjectProgram> programs() {
    return List.copyOf(model.programs);
  }

  /** The maps in libbpf's order: definitions by offset, then data sections. */
  public List<ObjectMap> maps() {
    return List.copyOf(model.maps);
  }

  /** The program of that name; {@link IllegalArgumentException} if there is none. */
  public ObjectProgram program(String name) {
    for (ObjectProgram program : model.programs) {
      if (program.name().equals(name)) {
        return program;
      }
    }
    throw new IllegalArgumentException("no program \"" + name + "\"");
  }

  /** The map of that name; {@link IllegalArgumentException} if there is none. */
  public ObjectMap map(String name) {
    for (ObjectMap map : model.maps) {
      if (map.name().equals(name)) {
        return map;
      }
    }
    throw new IllegalArgumentException("no map \"" + name + "\"");
  }

  /** The object's BTF, its sections laid out as in the ELF file; empty if it has no usable one. */
  public Optional<Btf> btf() {
    return Optional.ofNullable(model.btf);
  }

  /** Whether CO-RE relocations or declared symbols of the kernel need its types. */
  public boolean needsKernelBtf() {
    return model.ext != null && CoreRelocations.needKernel(model.ext) || Externs.areDeclared(model);
  }

  /**
   * Gives the types that CO-RE relocations are resolved against, in programs linked from now on.
   */
  public void kernelBtf(Btf kernel) {
    model.kernelBtf(kernel);
  }

  /** Whether the types of a kernel were given. */
  public boolean hasKernelBtf() {
    return model.hasKernelBtf();
  }

  /** Gives the addresses of the kernel's symbols, for programs linked from now on. */
  public void kernelAddresses(KernelAddresses addresses) {
    model.addresses = addresses;
  }

  /** The settings of the kernel in ".kconfig" that have no value so far. */
  public List<GlobalVariable> openSettings() {
    return variables().stream()
        .filter(variable ->
            model.settings.containsKey(variable.name()) && !model.given.contains(variable.name()))
        .toList();
  }

  /** The variables of all data sections and of .kconfig, by map and offset. */
  public List<GlobalVariable> variables() {
    return Variables.of(model);
  }

  /**
   * Sets a variable's initial value.
   *
   * @throws dev.skep.errors.BpfErrnoException with EBUSY while the object is loaded
   * @throws IllegalArgumentException if there is no such variable or its size differs
   */
  public void set(String variable, byte[] value) {
    Variables.set(model, variable, value);
  }

  /**
   * Sets an integer variable's initial value.
   *
   * @throws dev.skep.errors.BpfErrnoException with EBUSY while the object is loaded
   * @throws IllegalArgumentException if there is no such variable or the value does not fit in it
   */
  public void set(String variable, long value) {
    Variables.set(model, variable, value);
  }

  /** An engine begins to load the object: sizes and initial values stay until {@link #unloaded}. */
  public void loaded() {
    model.maps.forEach(ObjectMap::loaded);
  }

  /** What {@link #loaded} announced has been closed, or has failed. */
  public void unloaded() {
    model.maps.forEach(ObjectMap::unloaded);
  }

  /** Says whether engines load a program with the object. */
  public void autoload(String program, boolean load) {
    program(program).autoload(load);
  }

  /**
   * Links a program: appends the subprograms that it calls, in order of first call and depth first
   * as libbpf does, and resolves its relocations.
   *
   * @throws MalformedException if the program is inconsistent, as where a relocation leads nowhere
   * @throws UnsupportedException if it needs what Skep lacks, as an extern of the kernel
   */
  public Program toProgram(ObjectProgram program) {
    return new Linker(model, program).link();
  }
}
