package dev.skep.linux.link;

import dev.skep.engine.Link;
import java.nio.file.Path;

/**
 * A place in the code of a program or library.
 *
 * @param file its path, or a name to be searched: "libc.so.6" in the library directories, "bash" in
 *     PATH
 * @param function its symbol, "name" or "name@VERSION"; empty if the offset counts from the file's
 *     start
 * @param offset in bytes from the function
 * @param returning at the return from the function
 * @param pid a process, or -1 for all
 * @param refCounter offset of a semaphore in the file, 0 for none
 * @param cookie what bpf_get_attach_cookie returns (Linux 5.15)
 * @param tracefs whether to define the event by tracefs, as before Linux 4.17
 */
public record Uprobe(
    String file,
    String function,
    long offset,
    boolean returning,
    int pid,
    long refCounter,
    long cookie,
    boolean tracefs)
    implements KernelAttachPoint {
  public Uprobe {
    if (returning && offset != 0) {
      throw new IllegalArgumentException("uretprobes do not support offset specification");
    }
  }

  /** The start of a function. */
  public static Uprobe entry(String file, String function) {
    return new Uprobe(file, function, 0, false, -1, 0, 0, false);
  }

  /** The returns from a function. */
  public static Uprobe exit(String file, String function) {
    return new Uprobe(file, function, 0, true, -1, 0, 0, false);
  }

  /** An offset from the function, or from the file's start where no function is named. */
  public Uprobe at(long newOffset) {
    return new Uprobe(file, function, newOffset, returning, pid, refCounter, cookie, tracefs);
  }

  /** Only in that process. */
  public Uprobe ofProcess(long process) {
    int number = Math.toIntExact(process);
    return new Uprobe(file, function, offset, returning, number, refCounter, cookie, tracefs);
  }

  public Uprobe withCookie(long newCookie) {
    return new Uprobe(file, function, offset, returning, pid, refCounter, newCookie, tracefs);
  }

  /** Counts the attachments in the file's memory, as the semaphores of USDT do. */
  public Uprobe withRefCounter(long counter) {
    return new Uprobe(file, function, offset, returning, pid, counter, cookie, tracefs);
  }

  /** By tracefs, as before Linux 4.17. */
  public Uprobe overTracefs() {
    return new Uprobe(file, function, offset, returning, pid, refCounter, cookie, true);
  }

  Link attach(Attachee program) {
    Path path = BinaryPath.resolve(file, program.what(this));
    long place = offset + (function.isEmpty() ? 0 : ElfSymbols.fileOffset(path, function));
    var probe = new ProbeEvents.Probe("uprobe", path.toString(), place, returning, refCounter);
    return ProbeEvents.attach(program, this, probe, pid, cookie, tracefs);
  }

  @Override
  public String describe() {
    return (returning ? "uretprobe " : "uprobe ")
        + file
        + ":"
        + function
        + (offset == 0 ? "" : "+0x" + Long.toHexString(offset));
  }
}
