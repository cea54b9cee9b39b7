package dev.skep.linux;

import dev.skep.btf.Btf;
import dev.skep.engine.LinkInfo;
import dev.skep.linux.link.LinkInfos;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.natives.Syscalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * What is in the kernel, whoever put it there: programs, maps, BTF and links by their numbers. It
 * needs CAP_SYS_ADMIN. One that goes away between two questions is left out.
 */
public final class KernelObjects {
  private final Bpf bpf;

  private KernelObjects(Bpf bpf) {
    this.bpf = bpf;
  }

  /** Those of the running kernel. */
  public static KernelObjects host() {
    return new KernelObjects(new Bpf(Syscalls.host()));
  }

  static KernelObjects over(Syscalls syscalls) {
    return new KernelObjects(new Bpf(syscalls));
  }

  /** The programs, oldest number first. */
  public List<ProgramInfo.Summary> programs() {
    return all(Bpf.Kind.PROGRAM, fd -> ProgramInfo.summary(bpf, fd));
  }

  /** A program with its instructions, machine code and lines; empty where there is none. */
  public Optional<ProgramInfo> program(int id) {
    return one(Bpf.Kind.PROGRAM, id, fd -> ProgramInfo.of(bpf, fd));
  }

  /** The maps. */
  public List<MapInfo> maps() {
    return all(Bpf.Kind.MAP, fd -> MapInfo.of(bpf, fd));
  }

  /** A map; empty where there is none. */
  public Optional<MapInfo> map(int id) {
    return one(Bpf.Kind.MAP, id, fd -> MapInfo.of(bpf, fd));
  }

  /** The BTF objects: of the kernel, its modules, and programs. */
  public List<BtfInfo> btfs() {
    return all(Bpf.Kind.BTF, fd -> BtfInfo.of(bpf, fd));
  }

  /**
   * The types of a BTF object; those of a module continue the kernel's.
   *
   * @throws dev.skep.errors.MalformedException if a module's base is not there
   */
  public Optional<Btf> btf(int id) {
    return one(
        Bpf.Kind.BTF,
        id,
        fd -> {
          BtfInfo info = BtfInfo.of(bpf, fd);
          byte[] bytes = BtfInfo.contents(bpf, fd);
          Btf base =
              info.kernel() && !info.name().equals("vmlinux") ? KernelBtf.types().vmlinux() : null;
          return base == null ? Btf.parse(bytes) : Btf.parse(bytes, base);
        });
  }

  /** The links. */
  public List<LinkInfo> links() {
    return all(Bpf.Kind.LINK, this::link);
  }

  /** A link; empty where there is none. */
  public Optional<LinkInfo> link(long id) {
    return one(Bpf.Kind.LINK, (int) id, this::link);
  }

  private LinkInfo link(int fd) {
    return LinkInfos.of(bpf.syscalls(), fd);
  }

  private <T> List<T> all(Bpf.Kind kind, IntFunction<T> read) {
    List<T> found = new ArrayList<>();
    for (int id : bpf.ids(kind)) {
      one(kind, id, read).ifPresent(found::add);
    }
    return found;
  }

  private <T> Optional<T> one(Bpf.Kind kind, int id, IntFunction<T> read) {
    try (Fd fd = bpf.open(kind, id)) {
      return fd == null ? Optional.empty() : Optional.of(read.apply(fd.number()));
    }
  }
}
