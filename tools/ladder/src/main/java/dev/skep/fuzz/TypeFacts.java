package dev.skep.fuzz;

import dev.skep.program.AttachType;
import dev.skep.program.ContextLayout;
import dev.skep.program.Helpers;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/** What the generator has to know of a program type. */
final class TypeFacts {
  private static final int SLEEPABLE = 0x10;
  private static final int SKB_DATA = 76;

  /** Types with a chance for each; those that test_run runs come first. */
  private static final ProgramType[] CHOICES = {
    ProgramType.SOCKET_FILTER,
    ProgramType.SOCKET_FILTER,
    ProgramType.SOCKET_FILTER,
    ProgramType.XDP,
    ProgramType.XDP,
    ProgramType.XDP,
    ProgramType.SCHED_CLS,
    ProgramType.SCHED_CLS,
    ProgramType.SCHED_CLS,
    ProgramType.SCHED_CLS,
    ProgramType.SCHED_ACT,
    ProgramType.CGROUP_SKB,
    ProgramType.LWT_IN,
    ProgramType.LWT_OUT,
    ProgramType.LWT_XMIT,
    ProgramType.SK_LOOKUP,
    ProgramType.FLOW_DISSECTOR,
    ProgramType.RAW_TRACEPOINT,
    ProgramType.SYSCALL,
    ProgramType.KPROBE,
    ProgramType.TRACEPOINT,
    ProgramType.PERF_EVENT,
    ProgramType.CGROUP_SOCK,
    ProgramType.CGROUP_SOCK_ADDR
  };

  final ProgramType type;
  final int attachType;
  final int flags;
  final @Nullable ContextLayout layout;

  private TypeFacts(ProgramType type) {
    this.type = type;
    attachType =
        switch (type) {
          case SK_LOOKUP -> AttachType.SK_LOOKUP.number();
          case FLOW_DISSECTOR -> AttachType.FLOW_DISSECTOR.number();
          case CGROUP_SOCK -> AttachType.CGROUP_INET_SOCK_CREATE.number();
          case CGROUP_SOCK_ADDR -> AttachType.CGROUP_INET4_BIND.number();
          default -> 0;
        };
    flags = type == ProgramType.SYSCALL ? SLEEPABLE : 0;
    layout = ContextLayout.of(type, attachType);
  }

  static TypeFacts of(ProgramType type) {
    return new TypeFacts(type);
  }

  static TypeFacts choose(Dice dice) {
    return new TypeFacts(CHOICES[dice.below(CHOICES.length)]);
  }

  boolean isSkb() {
    return switch (type) {
      case SOCKET_FILTER, SCHED_CLS, SCHED_ACT, CGROUP_SKB, LWT_IN, LWT_OUT, LWT_XMIT -> true;
      default -> false;
    };
  }

  /** Whether LD_ABS and LD_IND are allowed. */
  boolean loadsPacket() {
    return switch (type) {
      case SOCKET_FILTER, SCHED_CLS, SCHED_ACT -> true;
      default -> false;
    };
  }

  /** Whether programs of the type read the packet directly. */
  boolean hasPacket() {
    return switch (type) {
      case XDP, SCHED_CLS, SCHED_ACT, CGROUP_SKB, LWT_IN, LWT_OUT, LWT_XMIT, FLOW_DISSECTOR -> true;
      default -> false;
    };
  }

  /** Whether they write it directly, too. */
  boolean writesPacket() {
    return switch (type) {
      case XDP, SCHED_CLS, SCHED_ACT, LWT_XMIT -> true;
      default -> false;
    };
  }

  /** Where the context has the packet's start; its end follows. */
  int packetField() {
    return type == ProgramType.XDP ? 0 : SKB_DATA;
  }

  boolean allows(int helper) {
    return Helpers.isAllowed(helper, type, attachType);
  }

  /** What the result is masked with, because the type allows only that. */
  int resultMask() {
    return switch (type) {
      case CGROUP_SKB, SK_LOOKUP, CGROUP_SOCK, CGROUP_SOCK_ADDR -> 1;
      default -> -1;
    };
  }

  /** The struct that a global function may have as its context, or null. */
  @Nullable String contextName() {
    return type == ProgramType.XDP ? "xdp_md" : isSkb() ? "__sk_buff" : null;
  }

  /** Whether test_run runs programs of the type. */
  boolean runs() {
    return switch (type) {
      case KPROBE, TRACEPOINT, PERF_EVENT, CGROUP_SOCK, CGROUP_SOCK_ADDR -> false;
      default -> true;
    };
  }
}
