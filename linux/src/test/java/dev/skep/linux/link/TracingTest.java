package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.Link;
import dev.skep.engine.Links;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.net.OwnNamespace;
import dev.skep.linux.sys.CallNumbers;
import dev.skep.natives.Syscalls;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

/**
 * Tracepoints and probes. What every process would trigger is filtered by a mark that only this
 * test knows; probes are put into this process only.
 */
class TracingTest {
  private static final int TRACEPOINT = 0;
  private static final int RAW = 1;
  private static final int PROBE = 2;
  private static final int RETURN = 3;
  private static final int MULTI = 4;
  private static final int TICKS = 5;
  private static final int COOKIE = 6;

  private static final String LIBC = "libc.so.6";
  private static final Path TRACEFS = Path.of("/sys/kernel/tracing");
  private static final Syscalls SYSCALLS = Syscalls.host();
  private static final long SELF = ProcessHandle.current().pid();

  /** A number above all system calls that does not look like anything else. */
  private static final long MARK = 0x4000_0000L | new SecureRandom().nextInt(1 << 30);

  private static void inOwnMounts(OwnNamespace.Body body) throws Throwable {
    OwnNamespace.run(namespace -> {
      OwnNamespace.mount("tracefs", TRACEFS, "tracefs", 0);
      body.run(namespace);
    });
  }

  /** lseek(2) on no file, to a place that the program recognises. */
  private static void seek() {
    SYSCALLS.syscall(CallNumbers.LSEEK, -1, MARK, 0);
  }

  /** A call that no kernel has. */
  private static void call() {
    SYSCALLS.syscall(MARK);
  }

  @Test
  void tracepointsByTheirSections() throws Throwable {
    inOwnMounts(namespace -> {
      try (Loaded loaded = Loaded.marked(MARK, "trace", "on_lseek", "on_sys_enter", "on_tick")) {
        try (Links links = loaded.object().attach()) {
          assertThat(links.byProgram()).containsOnlyKeys("on_lseek", "on_sys_enter");
          seek();
          call();
          call();
          assertThat(loaded.count(TRACEPOINT)).isEqualTo(1);
          assertThat(loaded.count(RAW)).isEqualTo(2);
          Link tracepoint = links.of("on_lseek");
          assertThat(tracepoint.info().type()).isEqualTo("perf_event");
          assertThat(tracepoint.info().target()).isEqualTo("tracepoint sys_enter_lseek");
          assertThat(links.of("on_sys_enter").info().type()).isEqualTo("raw_tracepoint");
          assertThat(links.of("on_sys_enter").info().target()).isEqualTo("sys_enter");
          assertThatThrownBy(() -> tracepoint.update(loaded.program("on_lseek")))
              .isInstanceOf(UnsupportedException.class);
          assertThatThrownBy(tracepoint::detach).isInstanceOf(UnsupportedException.class);
        }
        seek();
        call();
        assertThat(loaded.count(TRACEPOINT)).isEqualTo(1);
        assertThat(loaded.count(RAW)).isEqualTo(2);
      }
    });
  }

  @Test
  void cookiesReachThePrograms() throws Throwable {
    inOwnMounts(namespace -> {
      Tracepoint point = Tracepoint.of("syscalls", "sys_enter_lseek").withCookie(77);
      try (Loaded loaded = Loaded.marked(MARK, "trace", "on_lseek");
          Link link = loaded.program("on_lseek").attach(point)) {
        seek();
        assertThat(loaded.count(COOKIE)).isEqualTo(77);
        assertThat(link.info().programId()).isPositive();
      }
    });
  }

  @Test
  void missingTracepoints() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.marked(MARK, "trace", "on_lseek", "on_sys_enter")) {
        var program = loaded.program("on_lseek");
        if (!TRACEFS.resolve("events").toFile().exists()) {
          assertThatThrownBy(program::attach)
              .isInstanceOf(UnsupportedException.class)
              .hasMessageEndingWith(
                  "no tracefs here: mount -t tracefs tracefs /sys/kernel/tracing");
          OwnNamespace.mount("tracefs", TRACEFS, "tracefs", 0);
        }
        assertThatThrownBy(() -> program.attach(Tracepoint.of("skep", "nothing")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessage(
                "attach of program \"on_lseek\" to tracepoint skep/nothing: ENOENT: this kernel"
                    + " has no tracepoint skep/nothing");
        assertThatThrownBy(() -> loaded.program("on_sys_enter").attach(RawTracepoint.of("nothing")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageStartingWith(
                "attach of program \"on_sys_enter\" to raw tracepoint nothing: ENOENT");
      }
    });
  }

  /** The function of the C library through which all system calls of this module go. */
  @Test
  void probesOfThisProcess() throws Throwable {
    inOwnMounts(namespace -> {
      for (boolean tracefs : new boolean[] {false, true}) {
        Uprobe entry = Uprobe.entry(LIBC, "syscall").ofProcess(SELF).withCookie(5);
        Uprobe exit = Uprobe.exit(LIBC, "syscall").ofProcess(SELF);
        try (Loaded loaded = Loaded.marked(MARK, "trace", "on_entry", "on_return")) {
          try (Link in = loaded.program("on_entry").attach(tracefs ? entry.overTracefs() : entry);
              Link out = loaded.program("on_return").attach(tracefs ? exit.overTracefs() : exit)) {
            for (int i = 0; i < 100; i++) {
              seek();
            }
            assertThat(in.info().type()).isEqualTo("perf_event");
            assertThat(in.info().target()).startsWith("uprobe ").endsWith(LIBC);
            assertThat(out.info().target()).startsWith("uretprobe ").endsWith(LIBC);
          }
          long entries = loaded.count(PROBE);
          long returns = loaded.count(RETURN);
          assertThat(entries).isGreaterThanOrEqualTo(100);
          assertThat(returns).isGreaterThanOrEqualTo(100);
          assertThat(loaded.count(COOKIE)).isEqualTo(5);
          for (int i = 0; i < 100; i++) {
            seek();
          }
          assertThat(loaded.count(PROBE)).isEqualTo(entries);
          assertThat(loaded.count(RETURN)).isEqualTo(returns);
        }
      }
      assertThat(java.nio.file.Files.readString(TRACEFS.resolve("uprobe_events")))
          .doesNotContain("skep_" + SELF);
    });
  }

  @Test
  void manyProbesByOneLink() throws Throwable {
    OwnNamespace.run(namespace -> {
      UprobeMulti point = UprobeMulti.entry(LIBC, "syscall", "labs").ofProcess(SELF);
      try (Loaded loaded = Loaded.marked(MARK, "trace", "on_many")) {
        try (Link link = loaded.program("on_many").attach(point.withCookies(8L, 9L))) {
          for (int i = 0; i < 100; i++) {
            seek();
          }
          assertThat(link.info().type()).isEqualTo("uprobe_multi");
          assertThat(link.info().target()).startsWith("2 places in /").endsWith(LIBC);
        }
        assertThat(loaded.count(MULTI)).isGreaterThanOrEqualTo(100);
        assertThat(loaded.count(COOKIE)).isEqualTo(8);
        long seen = loaded.count(MULTI);
        try (Link link =
            loaded.program("on_many").attach(UprobeMulti.entry(LIBC, "sysc?ll").ofProcess(SELF))) {
          seek();
          assertThat(link.info().target()).startsWith("1 places in ");
        }
        assertThat(loaded.count(MULTI)).isGreaterThan(seen);
      }
    });
  }

  @Test
  void ticksOfThisThread() throws Throwable {
    OwnNamespace.run(namespace -> {
      long tid = SYSCALLS.syscall(CallNumbers.GETTID);
      try (Loaded loaded = Loaded.marked(MARK, "trace", "on_tick");
          Link link = loaded.program("on_tick").attach(PerfSampling.clockOfThread(tid, 1000))) {
        long end = System.nanoTime() + 5_000_000_000L;
        while (loaded.count(TICKS) == 0 && System.nanoTime() < end) {
          Thread.onSpinWait();
        }
        assertThat(loaded.count(TICKS)).isPositive();
        assertThat(link.info().type()).isEqualTo("perf_event");
        assertThat(link.info().target()).isEqualTo("perf event");
      }
    });
  }

  @Test
  void kernelProbesOrWhatIsMissing() throws Throwable {
    inOwnMounts(namespace -> {
      try (Loaded loaded = Loaded.marked(MARK, "trace", "on_entry", "on_kernel")) {
        Kprobe nowhere = Kprobe.entry("skep_no_such_function");
        for (Kprobe point : new Kprobe[] {nowhere, nowhere.overTracefs()}) {
          assertThatThrownBy(() -> loaded.program("on_entry").attach(point))
              .isInstanceOf(BpfErrnoException.class)
              .hasMessageStartingWith(
                  "attach of program \"on_entry\" to kprobe skep_no_such_function: E")
              .hasMessageMatching(".*(this kernel has no such function|lacks CONFIG_KPROBE).*");
        }
        assertThatThrownBy(() ->
                loaded.program("on_kernel").attach(KprobeMulti.entry("skep_no_such_function")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageMatching(".*(this kernel has no such function|CONFIG_FPROBE).*");
        assertThatThrownBy(
                () -> loaded.program("on_kernel").attach(KprobeMulti.entry("skep_no_such*")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageMatching(".*(no function that can be traced matches|cannot be read)");
      }
    });
  }

  @Test
  void missingFilesAndFunctions() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.marked(MARK, "trace", "on_entry")) {
        var program = loaded.program("on_entry");
        assertThatThrownBy(() -> program.attach(Uprobe.entry("libskep-none.so", "f")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessage(
                "attach of program \"on_entry\" to uprobe libskep-none.so:f: ENOENT: no library"
                    + " \"libskep-none.so\" in the usual directories");
        assertThatThrownBy(() -> program.attach(Uprobe.entry(LIBC, "skep_none")))
            .hasMessageEndingWith(": elf: no function \"skep_none\"");
      }
    });
  }
}
