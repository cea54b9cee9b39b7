package dev.skep.linux.link;

import dev.skep.errors.Errno;

/** What to do about the errno of an attachment: one clause, or nothing where the errno says it. */
final class Hints {
  private static final String NETWORK = "needs CAP_NET_ADMIN and CAP_BPF (or root)";
  private static final String TRACING = "needs CAP_PERFMON and CAP_BPF (or root)";

  private Hints() {}

  static String of(KernelAttachPoint point, int errno) {
    return switch (point) {
      case Xdp xdp -> ofXdp(xdp, errno);
      case Tcx _ -> ofChain(errno, "tcx needs Linux 6.6; use a tc filter");
      case Netkit _ -> ofChain(errno, "the device is no netkit device, or Linux is older than 6.7");
      case TcFilter _ -> ofTcFilter(errno);
      case Tracepoint _, RawTracepoint _, PerfSampling _ -> ofTracing(errno);
      case Kprobe _, KprobeMulti _ -> ofKprobe(errno);
      case Uprobe _, UprobeMulti _ -> ofUprobe(errno);
      case BtfHook _, Iter _ -> ofBtfHook(errno);
      case ProgramFunction _ -> ofFunction(errno);
      case Cgroup _ -> ofCgroup(errno);
      case NetNamespace _ -> ofNamespace(errno);
      case Netfilter _ -> ofNetfilter(errno);
      case SockMap _ -> ofSockMap(errno);
    };
  }

  private static String ofXdp(Xdp xdp, int errno) {
    return switch (errno) {
      case Errno.EPERM -> NETWORK;
      case Errno.EBUSY, Errno.EEXIST ->
          "the device has an xdp program already; detach it, or update its link";
      case Errno.EOPNOTSUPP ->
          xdp.mode() == Xdp.Mode.ANY || xdp.mode() == Xdp.Mode.GENERIC
              ? "the device takes no xdp program"
              : "the driver has no such mode; try generic";
      case Errno.ENODEV -> "no such device in this network namespace";
      case Errno.ERANGE ->
          "the device's mtu is too large: lower it, or take a program that knows fragments"
              + " (SEC(\"xdp.frags\"))";
      case Errno.EINVAL -> "the program's type, the device's mtu or its offloads do not allow it";
      default -> "";
    };
  }

  private static String ofChain(int errno, String old) {
    return switch (errno) {
      case Errno.EPERM -> NETWORK;
      case Errno.ENODEV -> "no such device in this network namespace";
      case Errno.ESTALE -> "the chain has changed since that revision; query it again";
      case Errno.ENOENT -> "the program or link to be placed next to is not there";
      case Errno.EEXIST -> "the program is attached there already";
      case Errno.EINVAL -> old;
      case Errno.ERANGE -> "the chain is full: 64 programs";
      default -> "";
    };
  }

  private static String ofTcFilter(int errno) {
    return switch (errno) {
      case Errno.EPERM -> NETWORK;
      case Errno.EEXIST -> "that handle is taken; replace it, or let the kernel choose one";
      case Errno.ENOENT -> "the kernel lacks CONFIG_NET_CLS_BPF, or the filter is gone";
      case Errno.EOPNOTSUPP -> "the kernel lacks CONFIG_NET_SCH_INGRESS";
      case Errno.ENODEV -> "no such device in this network namespace";
      default -> "";
    };
  }

  private static String ofTracing(int errno) {
    return switch (errno) {
      case Errno.EPERM, Errno.EACCES -> TRACING;
      case Errno.ENOENT, Errno.EINVAL -> "this kernel has no such event, or it lies in a module";
      case Errno.EBUSY -> "the event is in use by others";
      default -> "";
    };
  }

  private static String ofKprobe(int errno) {
    return switch (errno) {
      case Errno.EPERM, Errno.EACCES -> TRACING;
      case Errno.ENOENT, Errno.ESRCH -> "this kernel has no such function, or it was inlined";
      case Errno.EINVAL -> "the function may not be probed there; try its start";
      case Errno.EOPNOTSUPP -> "the kernel lacks CONFIG_KPROBES or CONFIG_FPROBE";
      case Errno.EADDRINUSE -> "the address is not the start of an instruction";
      default -> "";
    };
  }

  private static String ofUprobe(int errno) {
    return switch (errno) {
      case Errno.EPERM, Errno.EACCES -> TRACING;
      case Errno.ENOENT -> "no such file, or the kernel lacks CONFIG_UPROBE_EVENTS";
      case Errno.EINVAL -> "the offset is not in the file's code, or Linux is older than 6.6";
      case Errno.EIO -> "the file system of that file cannot be probed";
      case Errno.ESRCH -> "no such process";
      default -> "";
    };
  }

  private static String ofBtfHook(int errno) {
    return switch (errno) {
      case Errno.EPERM -> TRACING;
      case Errno.EBUSY -> "the program is attached already, or the function takes no more";
      case Errno.ENOTSUPP, Errno.EOPNOTSUPP -> "this kernel cannot trace that function";
      case Errno.E2BIG -> "the function has 38 programs already";
      default -> "";
    };
  }

  private static String ofFunction(int errno) {
    return switch (errno) {
      case Errno.EPERM -> TRACING;
      case Errno.EBUSY -> "another extension is there, or the program is in a program array";
      case Errno.EINVAL ->
          "it does not fit: the function must be global, have the extension's arguments and"
              + " result, and be of a program of the type that the extension was loaded for";
      default -> "";
    };
  }

  static String ofCgroup(int errno) {
    return switch (errno) {
      case Errno.EPERM -> NETWORK + ", or a program above forbids others";
      case Errno.EBADF, Errno.ENOTDIR, Errno.ENOENT -> "give a directory of a cgroup2 file system";
      case Errno.EINVAL -> "the program's type does not belong to that attach type";
      case Errno.E2BIG -> "the cgroup has 64 programs already";
      default -> "";
    };
  }

  private static String ofNamespace(int errno) {
    return switch (errno) {
      case Errno.EPERM -> NETWORK;
      case Errno.E2BIG, Errno.EBUSY, Errno.EEXIST -> "the namespace has such a program already";
      case Errno.EINVAL -> "the file is no network namespace, or Linux is older than 5.8";
      default -> "";
    };
  }

  private static String ofNetfilter(int errno) {
    return switch (errno) {
      case Errno.EPERM -> NETWORK;
      case Errno.EBUSY -> "another hook has that priority; choose a free one";
      case Errno.EAFNOSUPPORT -> "the family is 2 (ipv4) or 10 (ipv6)";
      case Errno.EINVAL -> "netfilter links need Linux 6.4 with CONFIG_NETFILTER_BPF_LINK";
      default -> "";
    };
  }

  private static String ofSockMap(int errno) {
    return switch (errno) {
      case Errno.EPERM -> NETWORK;
      case Errno.EBUSY -> "the map has such a program already, attached by a link";
      case Errno.EINVAL, Errno.EOPNOTSUPP -> "the map is no sockmap, or takes no such program";
      default -> "";
    };
  }

  /** For BPF_LINK_UPDATE. */
  static String ofUpdate(int errno) {
    return switch (errno) {
      case Errno.EPERM -> "needs the capabilities of attaching";
      case Errno.EINVAL -> "the new program's type or attach type differs from the old one's";
      case Errno.ENOLINK -> "the link is detached: its device or cgroup is gone";
      default -> "";
    };
  }
}
