package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.linux.sys.PerfEvents;

/**
 * An event of perf_event_open(2) that fires every so often: a clock, a counter of the CPU.
 *
 * @param type PERF_TYPE_*: 0 hardware, 1 software, 3 cache, 4 raw
 * @param config which event, as PERF_COUNT_SW_CPU_CLOCK = 0
 * @param period events per run of the program, or runs per second where it is a frequency
 * @param frequency whether {@code period} is runs per second
 * @param tid a thread, or -1 for all
 * @param cpu a CPU, or -1 for all that the thread runs on
 */
public record PerfSampling(int type, long config, long period, boolean frequency, int tid, int cpu)
    implements KernelAttachPoint {
  private static final int SOFTWARE = 1;

  public PerfSampling {
    if (tid < 0 && cpu < 0) {
      throw new IllegalArgumentException("a perf event of all threads needs a cpu");
    }
  }

  /** The CPU clock of a thread, so many times in a second of its work. */
  public static PerfSampling clockOfThread(long tid, long hertz) {
    return new PerfSampling(SOFTWARE, 0, hertz, true, Math.toIntExact(tid), -1);
  }

  /** The clock of a CPU, so many times a second. */
  public static PerfSampling clockOfCpu(int cpu, long hertz) {
    return new PerfSampling(SOFTWARE, 0, hertz, true, -1, cpu);
  }

  Link attach(Attachee program) {
    long bits = frequency ? PerfEvents.BIT_FREQUENCY : 0;
    var event = new PerfEvents.Event(type, config, "", 0, period, bits);
    return PerfLinks.attach(program, this, event, tid, cpu, 0, () -> {});
  }

  @Override
  public String describe() {
    return "perf event type "
        + type
        + " config "
        + config
        + (tid < 0 ? " of cpu " + cpu : " of thread " + tid);
  }
}
