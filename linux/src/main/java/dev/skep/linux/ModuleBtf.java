package dev.skep.linux;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;

/** The BTF objects of the kernel's modules, as descriptors for BPF_PROG_LOAD. */
final class ModuleBtf {
  private ModuleBtf() {}

  /**
   * Opens a module's BTF, which the kernel knows by id only.
   *
   * @throws BpfErrnoException ENOENT if no such module is loaded
   */
  static Fd open(Bpf bpf, String module) {
    for (int id : bpf.ids(Bpf.Kind.BTF)) {
      Fd fd = bpf.open(Bpf.Kind.BTF, id);
      if (fd == null) {
        continue;
      }
      BtfInfo info;
      try {
        info = BtfInfo.of(bpf, fd.number());
      } catch (RuntimeException failed) {
        fd.close();
        throw failed;
      }
      if (info.kernel() && info.name().equals(module)) {
        return fd;
      }
      fd.close();
    }
    throw new BpfErrnoException(Errno.ENOENT, "btf of module \"" + module + "\"");
  }
}
