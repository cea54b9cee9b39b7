package dev.skep.run;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.machine.AddressSpace;
import dev.skep.machine.Cpu;
import dev.skep.machine.Cpus;
import dev.skep.natives.Memory;
import dev.skep.program.KernelTypes;
import java.nio.charset.StandardCharsets;

/**
 * Helpers that give the current task. Each CPU has a struct task_struct of its own, zero but for
 * pid, tgid and comm of the running thread, and those only where the kernel's types say where they
 * are.
 */
final class TaskHelpers implements AutoCloseable {
  /** More than any task_struct, and the saved registers behind it. */
  private static final int TASK_BYTES = 1 << 14;

  private static final int REGISTERS = TASK_BYTES - 512;
  private static final int COMM_BYTES = 16;

  private final AddressSpace space;
  private final KernelTypes types;
  private final long tgid = ProcessHandle.current().pid();
  private final long[] tasks;
  private int pidAt = -1;
  private int tgidAt = -1;
  private int commAt = -1;
  private boolean located;

  TaskHelpers(Cpus cpus, AddressSpace space, KernelTypes types) {
    this.space = space;
    this.types = types;
    tasks = new long[cpus.count()];
  }

  void define(HelperTable table) {
    table.set(35, (cpu, r1, r2, r3, r4, r5) -> current(cpu));
    table.set(158, (cpu, r1, r2, r3, r4, r5) -> current(cpu));
    table.set(175, (cpu, task, r2, r3, r4, r5) -> task + REGISTERS);
    // Signals would go to the process that runs the JVM.
    table.set(109, (cpu, signal, r2, r3, r4, r5) -> -Errno.EPERM);
    table.set(117, (cpu, signal, r2, r3, r4, r5) -> -Errno.EPERM);
    table.set(
        120,
        (cpu, dev, ino, data, size, r5) -> {
          // No namespace has that number.
          Memory.fill(data, size & 0xffffffffL, (byte) 0);
          return -Errno.EINVAL;
        });
    table.set(
        180,
        (cpu, task, address, function, ctx, flags) -> flags != 0 ? -Errno.EINVAL : -Errno.ENOENT);
    table.set(
        176, (cpu, entries, size, flags, r4, r5) -> flags != 0 ? -Errno.EINVAL : -Errno.ENOENT);
  }

  private long current(Cpu cpu) {
    long task = task(cpu);
    if (pidAt >= 0) {
      Memory.putInt(task + pidAt, (int) Thread.currentThread().threadId());
    }
    if (tgidAt >= 0) {
      Memory.putInt(task + tgidAt, (int) tgid);
    }
    if (commAt >= 0) {
      byte[] name = Thread.currentThread().getName().getBytes(StandardCharsets.UTF_8);
      Memory.fill(task + commAt, COMM_BYTES, (byte) 0);
      Memory.copy(name, 0, task + commAt, Math.min(name.length, COMM_BYTES - 1));
    }
    return task;
  }

  /** The CPU's holder makes its task. */
  private long task(Cpu cpu) {
    long task = tasks[cpu.index()];
    if (task == 0) {
      locate();
      task = Memory.allocate(TASK_BYTES);
      space.add(task, TASK_BYTES);
      tasks[cpu.index()] = task;
    }
    return task;
  }

  private synchronized void locate() {
    if (located) {
      return;
    }
    Btf btf = types.vmlinux();
    if (btf != null) {
      pidAt = offset(btf, "pid");
      tgidAt = offset(btf, "tgid");
      commAt = offset(btf, "comm");
    }
    located = true;
  }

  /** Byte offset of a member of struct task_struct, or -1. */
  private static int offset(Btf btf, String member) {
    int task = btf.find("task_struct", BtfKind.STRUCT);
    for (int i = 0; task > 0 && i < btf.vlen(task); i++) {
      if (member.equals(btf.string(btf.memberNameOffset(task, i)))) {
        int at = btf.memberBitOffset(task, i) / Byte.SIZE;
        return at <= REGISTERS - COMM_BYTES ? at : -1;
      }
    }
    return -1;
  }

  @Override
  public void close() {
    for (long task : tasks) {
      if (task != 0) {
        space.remove(task);
        Memory.free(task);
      }
    }
  }
}
