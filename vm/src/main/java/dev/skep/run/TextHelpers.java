package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Helpers that compare, parse and print text (kernel/bpf/helpers.c, kernel/trace/bpf_trace.c). */
final class TextHelpers {
  private static final int MAX_ARGUMENTS = 12;

  /** Bytes of a trace line, its NUL included. */
  private static final int MAX_LINE = 1024;

  private final ProbeMemory memory;
  private final Consumer<String> trace;

  TextHelpers(ProbeMemory memory, Consumer<String> trace) {
    this.memory = memory;
    this.trace = trace;
  }

  void define(HelperTable table) {
    table.set(105, (cpu, buf, len, flags, res, r5) -> Strtox.parse(buf, len, flags, res, true));
    table.set(106, (cpu, buf, len, flags, res, r5) -> Strtox.parse(buf, len, flags, res, false));
    table.set(182, (cpu, s1, size, s2, r4, r5) -> compare(s1, size & 0xffffffffL, s2));
    table.set(165, this::snprintf);
    table.set(
        6, (cpu, format, size, r3, r4, r5) -> print(cpu, format, size, new long[] {r3, r4, r5}));
    table.set(
        177,
        (cpu, format, size, data, length, r5) -> {
          long[] arguments = arguments(data, length);
          return arguments == null ? -Errno.EINVAL : print(cpu, format, size, arguments);
        });
  }

  private static long compare(long s1, long size, long s2) {
    for (long i = 0; i < size; i++) {
      int a = Memory.getByte(s1 + i) & 0xff;
      int b = Memory.getByte(s2 + i) & 0xff;
      if (a != b) {
        return a < b ? -1 : 1;
      }
      if (a == 0) {
        return 0;
      }
    }
    return 0;
  }

  /** The u64 array of arguments, or null when its length is no good. */
  private static long @org.jspecify.annotations.Nullable [] arguments(long data, long length) {
    long bytes = length & 0xffffffffL;
    if (bytes % 8 != 0 || bytes / 8 > MAX_ARGUMENTS || bytes > 0 && data == 0) {
      return null;
    }
    long[] arguments = new long[(int) bytes / 8];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = Memory.getLong(data + 8L * i);
    }
    return arguments;
  }

  private long snprintf(Cpu cpu, long out, long size, long format, long data, long length) {
    long[] arguments = arguments(data, length);
    if (arguments == null) {
      return -Errno.EINVAL;
    }
    byte[] text;
    try {
      text = Bprintf.format(Bprintf.constant(format), arguments, memory.on(cpu));
    } catch (Bprintf.BadFormat bad) {
      return -bad.errno();
    }
    long room = size & 0xffffffffL;
    if (room > 0) {
      int copied = (int) Math.min(text.length, room - 1);
      Memory.copy(text, 0, out, copied);
      Memory.putByte(out + copied, (byte) 0);
    }
    return text.length + 1L;
  }

  private long print(Cpu cpu, long format, long size, long[] arguments) {
    byte[] given = new byte[(int) (size & 0xffffffffL)];
    Memory.copy(format, given, 0, given.length);
    int end = 0;
    while (end < given.length && given[end] != 0) {
      end++;
    }
    if (end == given.length) {
      return -Errno.EINVAL;
    }
    byte[] text;
    try {
      text = Bprintf.format(java.util.Arrays.copyOf(given, end), arguments, memory.on(cpu));
    } catch (Bprintf.BadFormat bad) {
      return -bad.errno();
    }
    int length = Math.min(text.length, MAX_LINE - 1);
    trace.accept(new String(text, 0, length, StandardCharsets.UTF_8));
    return length;
  }
}
