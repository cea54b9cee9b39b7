package dev.skep.linux.link;

import dev.skep.engine.AttachPoint;

/** A place in the kernel. */
public sealed interface KernelAttachPoint extends AttachPoint
    permits Xdp,
        Tcx,
        Netkit,
        TcFilter,
        Tracepoint,
        RawTracepoint,
        Kprobe,
        KprobeMulti,
        Uprobe,
        UprobeMulti,
        PerfSampling,
        BtfHook,
        ProgramFunction,
        Iter,
        Cgroup,
        NetNamespace,
        Netfilter,
        SockMap {}
