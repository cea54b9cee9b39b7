package dev.skep.engine;

/**
 * A place where an engine runs programs by itself: a hook of a network device, a tracepoint, a
 * cgroup. The kernel engine's places are the records of {@code dev.skep.linux.link}.
 */
public interface AttachPoint {
  /** The place in words, as in "xdp of eth0". */
  String describe();
}
