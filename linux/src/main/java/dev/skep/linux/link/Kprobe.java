package dev.skep.linux.link;

import dev.skep.engine.Link;

/**
 * A place in a function of the kernel. The program runs for every process.
 *
 * @param function its name in /proc/kallsyms
 * @param offset of the instruction, in bytes
 * @param returning at the return from the function
 * @param cookie what bpf_get_attach_cookie returns (Linux 5.15)
 * @param tracefs whether to define the event by tracefs, as before Linux 4.17
 */
public record Kprobe(String function, long offset, boolean returning, long cookie, boolean tracefs)
    implements KernelAttachPoint {
  public Kprobe {
    if (returning && offset != 0) {
      throw new IllegalArgumentException("kretprobes do not support offset specification");
    }
  }

  /** The start of a function. */
  public static Kprobe entry(String function) {
    return new Kprobe(function, 0, false, 0, false);
  }

  /** The returns from a function. */
  public static Kprobe exit(String function) {
    return new Kprobe(function, 0, true, 0, false);
  }

  /** An instruction inside the function. */
  public Kprobe at(long newOffset) {
    return new Kprobe(function, newOffset, returning, cookie, tracefs);
  }

  public Kprobe withCookie(long newCookie) {
    return new Kprobe(function, offset, returning, newCookie, tracefs);
  }

  /** By tracefs, as before Linux 4.17. */
  public Kprobe overTracefs() {
    return new Kprobe(function, offset, returning, cookie, true);
  }

  Link attach(Attachee program) {
    var probe = new ProbeEvents.Probe("kprobe", function, offset, returning, 0);
    return ProbeEvents.attach(program, this, probe, -1, cookie, tracefs);
  }

  @Override
  public String describe() {
    return (returning ? "kretprobe " : "kprobe ")
        + function
        + (offset == 0 ? "" : "+0x" + Long.toHexString(offset));
  }
}
