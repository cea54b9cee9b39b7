package dev.skep.linux.link;

/** A program, map or link that lives in the kernel, by its descriptor. */
public interface KernelHandle {
  /** The file descriptor, valid until the handle is closed. */
  int fd();
}
