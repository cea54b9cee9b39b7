package dev.skep.run;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The programs that pass themselves to helpers, by the numbers that stand for their addresses. */
final class AsyncPrograms {
  private final Map<Long, AsyncProgram> programs = new ConcurrentHashMap<>();
  private final AtomicLong last = new AtomicLong();

  long add(AsyncProgram program) {
    long number = last.incrementAndGet();
    programs.put(number, program);
    return number;
  }

  @Nullable AsyncProgram at(long number) {
    return programs.get(number);
  }

  void remove(AsyncProgram program) {
    program.free();
    programs.values().remove(program);
  }
}
