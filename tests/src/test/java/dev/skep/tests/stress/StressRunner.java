package dev.skep.tests.stress;

import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PacketBatch;
import dev.skep.engine.TestRun;
import java.util.Random;

/** One thread's runs: random callers over random packets, each result judged. */
final class StressRunner {
  private static final int PACKETS = 32;
  private static final int PACKET_LENGTH = 64;
  private static final int INDEXES = StressOutcome.SLOTS + 4;

  private final Random random;
  private final PacketBatch batch = new PacketBatch();
  private final byte[] packet = new byte[PACKET_LENGTH];

  /** How often each outcome came back. */
  final long[] results = new long[StressOutcome.COUNT];

  long runs;

  StressRunner(long seed) {
    random = new Random(seed);
  }

  /**
   * Runs some caller of a world over some packets.
   *
   * @return false if the caller was closed before its run began
   * @throws IllegalStateException on a result that cannot be
   */
  boolean run(StressWorld world) {
    int number = random.nextInt(world.callers());
    StressCaller kind = world.kind(number);
    LoadedProgram caller = world.callerAt(number);
    boolean alone = random.nextInt(16) == 0;
    batch.clear();
    for (int i = 0; i < (alone ? 1 : PACKETS); i++) {
      batch.add(packet(random.nextInt(INDEXES), random.nextInt(StressWorld.ARRAYS)));
    }
    try {
      if (alone) {
        batch.result(0, 0, caller.testRun(TestRun.of(batch.packet(0))).retval());
      } else {
        caller.run(batch);
      }
    } catch (IllegalStateException closed) {
      if (String.valueOf(closed.getMessage()).startsWith("closed")) {
        return false;
      }
      throw closed;
    }
    for (int i = 0; i < batch.count(); i++) {
      judge(kind, batch.packet(i), batch.errno(i), batch.retval(i));
    }
    return true;
  }

  private byte[] packet(int index, int array) {
    packet[0] = (byte) index;
    packet[1] = (byte) (array == 1 ? 200 : 0);
    return packet;
  }

  private void judge(StressCaller kind, byte[] input, int errno, int retval) {
    int outcome = retval - StressOutcome.BASE;
    int slot = slot(kind, input[0]);
    boolean known = errno == 0 && outcome >= 0 && outcome < StressOutcome.COUNT;
    if (!known
        || outcome != StressOutcome.fallThrough(kind)
            && (outcome != StressOutcome.EXTENSION || kind != StressCaller.EXTENDED)
            && !StressOutcome.isAllowed(outcome, array(kind, input), slot)) {
      throw new IllegalStateException(
          kind
              + " through slot "
              + slot
              + " gave 0x"
              + Integer.toHexString(retval)
              + ", errno "
              + errno);
    }
    results[outcome]++;
    runs++;
  }

  private static int array(StressCaller kind, byte[] input) {
    return kind == StressCaller.DYNAMIC && input[1] < 0 ? 1 : 0;
  }

  private static int slot(StressCaller kind, int index) {
    return switch (kind) {
      case DIRECT -> index % StressText.DIRECT_SLOTS;
      case STATIC, DYNAMIC, SUBPROGRAM_STATIC -> index;
      case SUBPROGRAM_DIRECT, EXTENDED -> StressText.SUBPROGRAM_SLOT;
      case LOOP -> StressOutcome.LOOP_SLOT;
    };
  }

  /**
   * Runs every caller through every slot while nobody changes the arrays, and holds the results
   * against what is in the slots: text that was not brought up to date shows here.
   */
  void compare(StressWorld world) {
    for (int number = 0; number < world.callers(); number++) {
      StressCaller kind = world.kind(number);
      batch.clear();
      for (int i = 0; i < INDEXES * StressWorld.ARRAYS; i++) {
        batch.add(packet(i % INDEXES, i / INDEXES));
      }
      world.callerAt(number).run(batch);
      for (int i = 0; i < batch.count(); i++) {
        byte[] input = batch.packet(i);
        judge(kind, input, batch.errno(i), batch.retval(i));
        int slot = slot(kind, input[0]);
        int expected =
            world.isExtended(number)
                ? StressOutcome.EXTENSION
                : world.expected(array(kind, input), slot, StressOutcome.fallThrough(kind));
        if (batch.retval(i) != StressOutcome.BASE + expected) {
          throw new IllegalStateException(
              "stale: "
                  + kind
                  + " through slot "
                  + slot
                  + " ended with outcome "
                  + (batch.retval(i) - StressOutcome.BASE)
                  + ", the array says "
                  + expected);
        }
      }
    }
  }
}
