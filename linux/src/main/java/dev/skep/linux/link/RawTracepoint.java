package dev.skep.linux.link;

import dev.skep.engine.Link;

/**
 * A tracepoint by its bare name, whose arguments the program gets as they are passed (Linux 4.17).
 *
 * @param name as in "sched_switch"
 * @param cookie what bpf_get_attach_cookie returns (Linux 6.10)
 */
public record RawTracepoint(String name, long cookie) implements KernelAttachPoint {
  public static RawTracepoint of(String name) {
    return new RawTracepoint(name, 0);
  }

  public RawTracepoint withCookie(long newCookie) {
    return new RawTracepoint(name, newCookie);
  }

  Link attach(Attachee program) {
    return program.link(this, program.commands().rawTracepointOpen(name, program.fd(), cookie));
  }

  @Override
  public String describe() {
    return "raw tracepoint " + name;
  }
}
