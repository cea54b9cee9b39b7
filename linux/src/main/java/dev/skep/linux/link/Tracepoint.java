package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.linux.sys.PerfEvents;

/**
 * A tracepoint of the kernel, as under /sys/kernel/tracing/events. The program runs for every
 * process.
 *
 * @param category as in "syscalls"
 * @param name as in "sys_enter_openat"
 * @param cookie what bpf_get_attach_cookie returns (Linux 5.15)
 */
public record Tracepoint(String category, String name, long cookie) implements KernelAttachPoint {
  public static Tracepoint of(String category, String name) {
    return new Tracepoint(category, name, 0);
  }

  public Tracepoint withCookie(long newCookie) {
    return new Tracepoint(category, name, newCookie);
  }

  Link attach(Attachee program) {
    long id = Tracefs.eventId(category, name, program.what(this));
    return PerfLinks.attach(program, this, PerfEvents.Event.tracepoint(id), -1, cookie);
  }

  @Override
  public String describe() {
    return "tracepoint " + category + "/" + name;
  }
}
