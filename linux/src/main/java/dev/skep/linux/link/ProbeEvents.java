package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Files;
import dev.skep.linux.sys.PerfEvents;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The events behind kprobes and uprobes: of a perf PMU since Linux 4.17, by lines written to
 * tracefs before.
 */
final class ProbeEvents {
  private static final Path DEVICES = Path.of("/sys/bus/event_source/devices");
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private static final int REF_COUNTER_SHIFT = 32;

  private ProbeEvents() {}

  /**
   * What to probe.
   *
   * @param kind "kprobe" or "uprobe"
   * @param name of the function, or the file
   * @param offset in it, in bytes
   * @param returning at the return from the function
   * @param refCounter offset of a semaphore in the file, 0 for none
   */
  record Probe(String kind, String name, long offset, boolean returning, long refCounter) {
    /** The line for kprobe_events or uprobe_events. */
    String line(String group, String event) {
      String place =
          kind.equals("kprobe")
              ? name + (offset == 0 ? "" : "+0x" + Long.toHexString(offset))
              : name + ":0x" + Long.toHexString(offset);
      String counter = refCounter == 0 ? "" : "(0x" + Long.toHexString(refCounter) + ")";
      return (returning ? "r:" : "p:") + group + "/" + event + " " + place + counter;
    }
  }

  /** Attaches a program to a probe of a process, or of all for -1. */
  static Link attach(
      Attachee program, KernelAttachPoint point, Probe probe, int pid, long cookie, boolean old) {
    int type = old ? -1 : number(probe.kind(), "type");
    if (type < 0) {
      return attachOld(program, point, probe, pid, cookie);
    }
    PerfEvents.Event event = event(type, Math.max(0, returnBit(probe.kind())), probe);
    return PerfLinks.attach(program, point, event, pid, cookie);
  }

  /**
   * The event of a PMU.
   *
   * @param type the PMU's number
   * @param returnBit the bit of config that asks for the return
   */
  static PerfEvents.Event event(int type, int returnBit, Probe probe) {
    long config =
        probe.refCounter() << REF_COUNTER_SHIFT | (probe.returning() ? 1L << returnBit : 0);
    return new PerfEvents.Event(type, config, probe.name(), probe.offset(), 0, 0);
  }

  private static Link attachOld(
      Attachee program, KernelAttachPoint point, Probe probe, int pid, long cookie) {
    String what = program.what(point);
    String group = probe.kind() + "s";
    String name = "skep_" + ProcessHandle.current().pid() + "_" + NUMBER.incrementAndGet();
    Path control = Tracefs.root(what).resolve(probe.kind() + "_events");
    Files files = new Files(program.syscalls());
    try {
      files.append(control, probe.line(group, name), what);
    } catch (BpfErrnoException refused) {
      boolean lacking = refused.errno() == Errno.ENOENT && !control.toFile().exists();
      String hint =
          lacking
              ? "the kernel lacks CONFIG_"
                  + (probe.kind().equals("kprobe") ? "KPROBE" : "UPROBE")
                  + "S"
              : Hints.of(point, refused.errno());
      throw new BpfErrnoException(lacking ? Errno.EOPNOTSUPP : refused.errno(), what, hint);
    }
    Runnable undo = () -> files.append(control, "-:" + group + "/" + name, "removal of " + name);
    long id;
    try {
      id = Tracefs.eventId(group, name, what);
    } catch (RuntimeException failed) {
      undo.run();
      throw failed;
    }
    return PerfLinks.attach(
        program, point, PerfEvents.Event.tracepoint(id), pid, pid < 0 ? 0 : -1, cookie, undo);
  }

  /** The number in a PMU's file, or -1 where there is none. */
  private static int number(String device, String file) {
    try {
      return Integer.parseInt(
          java.nio.file.Files.readString(DEVICES.resolve(device).resolve(file)).strip());
    } catch (IOException | NumberFormatException missing) {
      return -1;
    }
  }

  /** The bit of config that asks for the return, as in "config:0". */
  private static int returnBit(String device) {
    try {
      String text =
          java.nio.file.Files.readString(DEVICES.resolve(device).resolve("format/retprobe"));
      return Integer.parseInt(text.strip().substring("config:".length()));
    } catch (IOException | NumberFormatException | StringIndexOutOfBoundsException missing) {
      return 0;
    }
  }
}
