package dev.skep.linux.sys;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** perf_event_open(2) for events that programs are attached to, and their ioctls. */
public final class PerfEvents {
  /** The types that are not numbered anew by each kernel (enum perf_type_id). */
  public static final int TYPE_TRACEPOINT = 2;

  private static final int TYPE_SOFTWARE = 1;
  private static final int COUNT_SW_BPF_OUTPUT = 10;
  private static final int SAMPLE_RAW = 1 << 10;
  private static final long FLAG_FD_CLOEXEC = 8;
  private static final long IOC_ENABLE = 0x2400;
  private static final long IOC_DISABLE = 0x2401;
  private static final long IOC_SET_BPF = 0x40042408;

  private final Syscalls syscalls;

  public PerfEvents(Syscalls syscalls) {
    this.syscalls = syscalls;
  }

  /** Offsets in {@code struct perf_event_attr} (include/uapi/linux/perf_event.h). */
  private static final class Layout {
    /** PERF_ATTR_SIZE_VER5, known since Linux 4.1. */
    static final int BYTES = 112;

    static final int TYPE = 0;
    static final int SIZE = 4;
    static final int CONFIG = 8;
    static final int SAMPLE_PERIOD = 16;
    static final int SAMPLE_TYPE = 24;
    static final int BITS = 40;
    static final int WAKEUP_EVENTS = 48;
    static final int CONFIG1 = 56;
    static final int CONFIG2 = 64;

    private Layout() {}
  }

  /** attr.freq: the sample period is a frequency. */
  public static final long BIT_FREQUENCY = 1 << 10;

  /**
   * What to count (struct perf_event_attr).
   *
   * @param name what config1 points to, or empty: a kernel function or a file
   * @param config2 offset in it
   * @param bits flags, as {@link #BIT_FREQUENCY}
   */
  public record Event(
      int type, long config, String name, long config2, long samplePeriod, long bits) {
    /** A tracepoint by its number. */
    public static Event tracepoint(long id) {
      return new Event(TYPE_TRACEPOINT, id, "", 0, 0, 0);
    }
  }

  /**
   * Opens an event, disabled or not as its bits say.
   *
   * @param pid a process, or -1 for all
   * @param cpu a CPU, or -1 for all of that process
   * @return the descriptor, or a negative errno
   */
  public int open(Event event, int pid, int cpu) {
    long attr = Memory.allocate(Layout.BYTES);
    byte[] name = event.name().getBytes(StandardCharsets.UTF_8);
    long text = name.length == 0 ? 0 : Memory.allocate(name.length + 1L);
    try {
      Memory.putInt(attr + Layout.TYPE, event.type());
      Memory.putInt(attr + Layout.SIZE, Layout.BYTES);
      Memory.putLong(attr + Layout.CONFIG, event.config());
      Memory.putLong(attr + Layout.SAMPLE_PERIOD, event.samplePeriod());
      Memory.putLong(attr + Layout.BITS, event.bits());
      if (text != 0) {
        Memory.copy(Arrays.copyOf(name, name.length + 1), 0, text, name.length + 1);
        Memory.putLong(attr + Layout.CONFIG1, text);
      }
      Memory.putLong(attr + Layout.CONFIG2, event.config2());
      return (int)
          syscalls.syscall(CallNumbers.PERF_EVENT_OPEN, attr, pid, cpu, -1, FLAG_FD_CLOEXEC);
    } finally {
      Memory.free(text);
      Memory.free(attr);
    }
  }

  /**
   * Opens the event that takes what programs on one CPU give to bpf_perf_event_output.
   *
   * @param wakeupEvents samples per wakeup of a waiting reader
   * @return the descriptor, or a negative errno
   */
  public int openOutput(int cpu, int wakeupEvents) {
    long attr = Memory.allocate(Layout.BYTES);
    try {
      Memory.putInt(attr + Layout.TYPE, TYPE_SOFTWARE);
      Memory.putInt(attr + Layout.SIZE, Layout.BYTES);
      Memory.putLong(attr + Layout.CONFIG, COUNT_SW_BPF_OUTPUT);
      Memory.putLong(attr + Layout.SAMPLE_PERIOD, 1);
      Memory.putLong(attr + Layout.SAMPLE_TYPE, SAMPLE_RAW);
      Memory.putInt(attr + Layout.WAKEUP_EVENTS, wakeupEvents);
      return (int)
          syscalls.syscall(CallNumbers.PERF_EVENT_OPEN, attr, -1, cpu, -1, FLAG_FD_CLOEXEC);
    } finally {
      Memory.free(attr);
    }
  }

  /** PERF_EVENT_IOC_SET_BPF: 0 or a negative errno. */
  public int setBpf(int event, int program) {
    return (int) syscalls.syscall(CallNumbers.IOCTL, event, IOC_SET_BPF, program);
  }

  /** PERF_EVENT_IOC_ENABLE: 0 or a negative errno. */
  public int enable(int event) {
    return (int) syscalls.syscall(CallNumbers.IOCTL, event, IOC_ENABLE, 0);
  }

  /** PERF_EVENT_IOC_DISABLE; a dead process's event may say ESRCH, which is as good. */
  public void disable(int event) {
    int result = (int) syscalls.syscall(CallNumbers.IOCTL, event, IOC_DISABLE, 0);
    assert result == 0 || result == -Errno.ESRCH : result;
  }
}
