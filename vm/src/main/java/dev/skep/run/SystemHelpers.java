package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.BpfCallback;
import dev.skep.machine.Cpu;
import dev.skep.machine.Cpus;
import dev.skep.natives.Memory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/** Helpers about time, CPU, task and control flow. */
final class SystemHelpers {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** BPF_MAX_LOOPS. */
  private static final int MAX_LOOPS = 1 << 23;

  private static final int TASK_COMM_LEN = 16;

  /** The root cgroup. */
  private static final int ROOT_CGROUP = 1;

  private final Cpus cpus;
  private final KernelVariables variables;
  private final int hz;
  private final long pid = ProcessHandle.current().pid();

  SystemHelpers(Cpus cpus, KernelVariables variables, int hz) {
    this.variables = variables;
    this.cpus = cpus;
    this.hz = hz;
  }

  void define(HelperTable table) {
    long tick = NANOS_PER_SECOND / hz;
    table.set(5, (cpu, r1, r2, r3, r4, r5) -> System.nanoTime());
    table.set(125, (cpu, r1, r2, r3, r4, r5) -> System.nanoTime());
    table.set(160, (cpu, r1, r2, r3, r4, r5) -> System.nanoTime() / tick * tick);
    table.set(208, (cpu, r1, r2, r3, r4, r5) -> wallClock());
    table.set(118, (cpu, r1, r2, r3, r4, r5) -> variables.jiffies());
    table.set(7, (cpu, r1, r2, r3, r4, r5) -> ThreadLocalRandom.current().nextInt() & 0xffffffffL);
    table.set(8, (cpu, r1, r2, r3, r4, r5) -> cpu.number());
    table.set(42, (cpu, r1, r2, r3, r4, r5) -> 0);
    table.set(14, (cpu, r1, r2, r3, r4, r5) -> pid << 32 | threadId());
    // The process may run as anybody; the kernel's namespaces have no part in it.
    table.set(15, (cpu, r1, r2, r3, r4, r5) -> 0);
    table.set(16, SystemHelpers::currentComm);
    table.set(80, (cpu, r1, r2, r3, r4, r5) -> ROOT_CGROUP);
    table.set(123, (cpu, level, r2, r3, r4, r5) -> (int) level == 0 ? ROOT_CGROUP : 0);
    table.set(12, (cpu, r1, r2, r3, r4, r5) -> -Errno.EINVAL);
    table.set(153, this::perCpuPointer);
    table.set(154, (cpu, offset, r2, r3, r4, r5) -> offset == 0 ? 0 : cpu.perCpuBase() + offset);
    table.set(173, (cpu, r1, r2, r3, r4, r5) -> 0);
    table.set(174, (cpu, r1, r2, r3, r4, r5) -> 0);
    table.set(181, this::loop);
  }

  private static long wallClock() {
    Instant now = Instant.now();
    return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
  }

  private static long threadId() {
    return Thread.currentThread().threadId() & 0xffffffffL;
  }

  private long perCpuPointer(Cpu cpu, long offset, long number, long r3, long r4, long r5) {
    int index = cpus.indexOf((int) number);
    return offset == 0 || index < 0 ? 0 : cpus.at(index).perCpuBase() + offset;
  }

  private static long currentComm(Cpu cpu, long buffer, long size, long r3, long r4, long r5) {
    byte[] name = Thread.currentThread().getName().getBytes(StandardCharsets.UTF_8);
    int length = (int) Math.min(Math.min(name.length, TASK_COMM_LEN - 1), size - 1);
    Memory.fill(buffer, size, (byte) 0);
    Memory.copy(name, 0, buffer, length);
    return 0;
  }

  private long loop(Cpu cpu, long count, long function, long context, long flags, long r5) {
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    long rounds = count & 0xffffffffL;
    if (rounds > MAX_LOOPS) {
      return -Errno.E2BIG;
    }
    BpfCallback callback = cpu.callback();
    for (long i = 0; i < rounds; i++) {
      if (callback.call(function, i, context, 0, 0, 0) != 0) {
        return i + 1;
      }
    }
    return rounds;
  }
}
