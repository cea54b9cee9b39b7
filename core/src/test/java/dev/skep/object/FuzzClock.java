package dev.skep.object;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.skep.errors.MalformedException;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import java.lang.management.ManagementFactory;
import java.util.Random;

/**
 * Runs a case over and over with numbered seeds: a few thousand times, or for as long as
 * -Dskep.fuzz.seconds says. A case may end with a documented exception only, and within a bound of
 * time and memory. -Dskep.fuzz.seed=N starts at another number.
 */
public final class FuzzClock {
  private static final long MAX_BYTES = 256L << 20;
  private static final long MAX_NANOS = 20_000_000_000L;

  /** Something to try with a seed. */
  public interface Case {
    void run(Random random) throws Exception;
  }

  private FuzzClock() {}

  public static void run(int times, Case body) {
    long seconds = Long.getLong("skep.fuzz.seconds", 0);
    long first = Long.getLong("skep.fuzz.seed", 1);
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    long done = 0;
    while (done < times || System.nanoTime() < end) {
      one(first + done, body);
      done++;
    }
    if (seconds > 0) {
      System.out.println("fuzz: " + done + " cases from seed " + first);
    }
  }

  private static void one(long seed, Case body) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = threads.getCurrentThreadAllocatedBytes();
    long nanos = System.nanoTime();
    try {
      body.run(new Random(seed * 0x9e3779b97f4a7c15L));
    } catch (MalformedException | UnsupportedException | RejectedException expected) {
      assertThat(expected.getMessage()).as("seed %d", seed).isNotBlank().doesNotContain("\n");
    } catch (Throwable unexpected) {
      throw new AssertionError("seed " + seed + ": " + unexpected, unexpected);
    }
    assertThat(System.nanoTime() - nanos).as("nanoseconds of seed %d", seed).isLessThan(MAX_NANOS);
    assertThat(threads.getCurrentThreadAllocatedBytes() - bytes)
        .as("bytes of seed %d", seed)
        .isLessThan(MAX_BYTES);
  }
}
