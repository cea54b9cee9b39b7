package dev.skep.linux;

import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout;
import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Memory;

/**
 * What the kernel shows of a BTF object (struct bpf_btf_info).
 *
 * @param id the kernel's number
 * @param name "vmlinux", a module's name, or empty for a program's
 * @param kernel whether it came with the kernel or a module
 * @param bytes the size of the blob
 */
public record BtfInfo(int id, String name, boolean kernel, int bytes) {
  private static final int MODULE_NAME_BYTES = 64;

  static BtfInfo of(Bpf bpf, int fd) {
    try (Attr attr = new Attr()) {
      long info = attr.allocate(AttrLayout.BtfInfo.BYTES);
      long name = attr.allocate(MODULE_NAME_BYTES);
      Memory.putLong(info + AttrLayout.BtfInfo.NAME, name);
      Memory.putInt(info + AttrLayout.BtfInfo.NAME_LEN, MODULE_NAME_BYTES);
      bpf.info(fd, attr, info, AttrLayout.BtfInfo.BYTES, "info of btf");
      return new BtfInfo(
          Memory.getInt(info + AttrLayout.BtfInfo.ID),
          Attr.text(name, MODULE_NAME_BYTES),
          Memory.getInt(info + AttrLayout.BtfInfo.KERNEL_BTF) != 0,
          Memory.getInt(info + AttrLayout.BtfInfo.BTF_SIZE));
    }
  }

  /** The blob itself. */
  static byte[] contents(Bpf bpf, int fd) {
    int size = of(bpf, fd).bytes();
    try (Attr attr = new Attr()) {
      long info = attr.allocate(AttrLayout.BtfInfo.BYTES);
      long blob = attr.allocate(size);
      Memory.putLong(info + AttrLayout.BtfInfo.BTF, blob);
      Memory.putInt(info + AttrLayout.BtfInfo.BTF_SIZE, size);
      bpf.info(fd, attr, info, AttrLayout.BtfInfo.BYTES, "info of btf");
      return Attr.read(blob, size);
    }
  }
}
