package dev.skep.linux.link;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Link;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.Files;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.linux.sys.LinkLayout;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import dev.skep.program.AttachType;

/**
 * The walk of an iterator program over kernel objects (SEC("iter/task") and others, Linux 5.8).
 * Nothing runs until {@link #read} walks.
 *
 * @param kind what the walk is narrowed to
 * @param first descriptor of a map or cgroup, or a thread's number, as the kind says
 * @param second order of a cgroup walk, or a process's number
 */
public record Iter(Kind kind, int first, int second) implements KernelAttachPoint {
  /** What union bpf_iter_link_info holds. */
  public enum Kind {
    ALL,
    MAP,
    CGROUP,
    TASK
  }

  private static final int INFO_BYTES = 16;

  /** Over everything of its kind. */
  public static Iter all() {
    return new Iter(Kind.ALL, 0, 0);
  }

  /** Over the elements of a map. */
  public static Iter ofMap(BpfMap map) {
    return new Iter(Kind.MAP, map.slotValue(), 0);
  }

  /** Over the threads of a process. */
  public static Iter ofProcess(long pid) {
    return new Iter(Kind.TASK, 0, Math.toIntExact(pid));
  }

  /** Over one thread. */
  public static Iter ofThread(long tid) {
    return new Iter(Kind.TASK, Math.toIntExact(tid), 0);
  }

  /**
   * Over cgroups from one on.
   *
   * @param fd descriptor of the cgroup's directory
   * @param order enum bpf_cgroup_iter_order: 1 itself only, 2 parents first, 3 children first, 4 up
   */
  public static Iter ofCgroup(int fd, int order) {
    return new Iter(Kind.CGROUP, fd, order);
  }

  Link attach(Attachee program) {
    return program.link(
        this,
        0,
        AttachType.TRACE_ITER,
        0,
        attr -> {
          if (kind != Kind.ALL) {
            long info = attr.putBuffer(LinkLayout.Create.ITER_INFO, INFO_BYTES);
            attr.putInt(LinkLayout.Create.ITER_INFO_LENGTH, INFO_BYTES);
            putInfo(info);
          }
        });
  }

  /** union bpf_iter_link_info. */
  private void putInfo(long info) {
    switch (kind) {
      case CGROUP -> {
        Memory.putInt(info, second);
        Memory.putInt(info + 4, first);
      }
      case MAP, TASK -> {
        Memory.putInt(info, first);
        Memory.putInt(info + 4, second);
      }
      case ALL -> {}
    }
  }

  /**
   * Walks once, from the start to the end.
   *
   * @param link of an iterator program
   * @return what the program wrote into its seq_file
   */
  public static byte[] read(Link link) {
    if (!(link instanceof KernelHandle handle)) {
      throw new UnsupportedException(link + " is no link of the kernel's own");
    }
    Syscalls syscalls = Syscalls.host();
    int walk = new LinkCommands(new Bpf(syscalls)).iterCreate(handle.fd());
    if (walk < 0) {
      throw new BpfErrnoException(-walk, "iterator of " + link);
    }
    try (Fd fd = new Fd(syscalls, walk)) {
      return new Files(syscalls).readAll(fd, "read of the iterator of " + link);
    }
  }

  /** Attaches an iterator program, walks once over everything and detaches it. */
  public static byte[] walk(LoadedProgram program) {
    try (Link link = program.attach(all())) {
      return read(link);
    }
  }

  @Override
  public String describe() {
    return switch (kind) {
      case ALL -> "an iterator";
      case MAP -> "an iterator of map fd " + first;
      case CGROUP -> "an iterator of cgroups";
      case TASK -> "an iterator of " + (first == 0 ? "process " + second : "thread " + first);
    };
  }
}
