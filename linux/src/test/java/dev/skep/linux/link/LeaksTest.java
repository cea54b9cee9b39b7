package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.AttachPoint;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.SkepException;
import dev.skep.linux.net.OwnNamespace;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Descriptors that attachments leave open: none, whether they succeed or fail. */
class LeaksTest {
  private static final int CYCLES = 20;
  private static final long SELF = ProcessHandle.current().pid();

  private static void holdsStill(LoadedProgram program, AttachPoint point) {
    program.attach(point).close();
    long before = Loaded.descriptors();
    for (int i = 0; i < CYCLES; i++) {
      program.attach(point).close();
    }
    // The runtime opens one of its own now and then.
    assertThat(Loaded.descriptors()).as(point.describe()).isLessThan(before + CYCLES / 2);
  }

  @Test
  void attachedAndClosed() throws Throwable {
    OwnNamespace.run(namespace -> {
      OwnNamespace.mount("tracefs", Path.of("/sys/kernel/tracing"), "tracefs", 0);
      try (OwnCgroup cgroup = OwnCgroup.make();
          Loaded net =
              Loaded.of(
                  "net", "xdp_ports", "tc_count", "cgroup_egress", "lookup_any", "filter_any");
          Loaded trace =
              Loaded.marked(1, "trace", "on_lseek", "on_sys_enter", "on_entry", "on_many")) {
        Uprobe probe = Uprobe.entry("libc.so.6", "labs").ofProcess(SELF);
        UprobeMulti probes = UprobeMulti.entry("libc.so.6", "labs").ofProcess(SELF);
        holdsStill(net.program("xdp_ports"), Xdp.on("sk0").overNetlink());
        holdsStill(net.program("tc_count"), Tcx.ingress("sk0"));
        holdsStill(net.program("tc_count"), TcFilter.egress("sk0"));
        holdsStill(net.program("cgroup_egress"), Cgroup.of(cgroup.directory()));
        holdsStill(net.program("cgroup_egress"), Cgroup.of(cgroup.directory()).overProgAttach(2));
        holdsStill(net.program("lookup_any"), NetNamespace.current());
        holdsStill(net.program("filter_any"), Netfilter.ipv4(1, 5));
        holdsStill(trace.program("on_lseek"), Tracepoint.of("syscalls", "sys_enter_lseek"));
        holdsStill(trace.program("on_sys_enter"), RawTracepoint.of("sys_enter"));
        holdsStill(trace.program("on_entry"), probe);
        holdsStill(trace.program("on_entry"), probe.overTracefs());
        holdsStill(trace.program("on_many"), probes);
      }
    });
  }

  @Test
  void refused() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded net = Loaded.of("net", "xdp_ports", "tc_count")) {
        LoadedProgram program = net.program("xdp_ports");
        Map<String, AttachPoint> points = new LinkedHashMap<>();
        points.put("offload", Xdp.on("sk0").offload());
        points.put("netlink", Xdp.on("sk0").overNetlink().offload());
        points.put("type", Tcx.ingress("sk0"));
        points.put("filter", TcFilter.ingress("sk0"));
        points.put("device", Xdp.on("sk99"));
        points.put("cgroup", Cgroup.of(Path.of("/tmp")));
        points.put("namespace", new NetNamespace(Path.of("/proc/self/status")));
        points.put("event", PerfSampling.clockOfThread(SELF, 10));
        points.put("probe", Uprobe.entry("libc.so.6", "labs").ofProcess(SELF));
        long before = Loaded.descriptors();
        for (int i = 0; i < CYCLES; i++) {
          points.forEach((name, point) ->
              assertThatThrownBy(() -> program.attach(point))
                  .as(name)
                  .isInstanceOf(SkepException.class)
                  .hasMessageStartingWith("attach of program \"xdp_ports\" to "));
        }
        assertThat(Loaded.descriptors()).isLessThan(before + CYCLES / 2);
      }
    });
  }
}
