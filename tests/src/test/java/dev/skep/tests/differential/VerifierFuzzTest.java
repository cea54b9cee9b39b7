package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.skep.fuzz.Dice;
import dev.skep.fuzz.Mutator;
import dev.skep.fuzz.ProgramGenerator;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.ladder.Sample;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whatever the instructions are, the verifier answers with a verdict, soon and without an
 * exception. {@code -Dskep.fuzz.millis=N} sets how long each test goes on.
 */
class VerifierFuzzTest {
  private static final long MILLIS = Long.getLong("skep.fuzz.millis", 1500);
  private static final long FIRST = Long.getLong("skep.seed", 0);
  private static final long SLOWEST_MILLIS = 60_000;
  private static final List<MapSpec> MAPS =
      List.of(
          MapSpec.of("a", MapType.ARRAY, 4, 16, 1, 0),
          MapSpec.of("h", MapType.HASH, 4, 8, 4, 0),
          MapSpec.of("p", MapType.PROG_ARRAY, 4, 4, 4, 0));

  private interface Maker {
    Program make(Dice dice);
  }

  @Test
  void randomWords() {
    fuzz(dice -> {
      long[] insns = new long[dice.between(1, 40)];
      for (int i = 0; i < insns.length; i++) {
        insns[i] = dice.next();
      }
      return program(dice, insns);
    });
  }

  @Test
  void randomFields() {
    fuzz(dice -> {
      long[] insns = new long[dice.between(1, 60)];
      for (int i = 0; i < insns.length; i++) {
        insns[i] =
            InsnWord.of(
                dice.below(256),
                dice.below(12),
                dice.below(12),
                dice.percent(60) ? dice.between(-8, 8) : (int) dice.next(),
                dice.immediate());
      }
      insns[insns.length - 1] = InsnWord.of(Opcodes.EXIT_CODE, 0, 0, 0, 0);
      return program(dice, insns);
    });
  }

  @Test
  void mutatedPrograms() {
    fuzz(dice -> {
      Sample sample = ProgramGenerator.generate(dice.next(), dice.below(20));
      int times = dice.between(1, 8);
      for (int i = 0; i < times; i++) {
        sample = Mutator.mutate(sample, dice.next());
      }
      return sample.program();
    });
  }

  private static Program program(Dice dice, long[] insns) {
    ProgramType[] types = ProgramType.values();
    ProgramType type = types[dice.below(types.length)];
    return Program.of("fuzz", type, dice.percent(90) ? "GPL" : "", insns, MAPS);
  }

  private static void fuzz(Maker maker) {
    int[] verdicts = new int[3];
    List<String> failures = new ArrayList<>();
    long end = System.currentTimeMillis() + MILLIS;
    for (long seed = FIRST; System.currentTimeMillis() < end; seed++) {
      Program program = maker.make(new Dice(seed));
      long start = System.currentTimeMillis();
      try {
        Verdict verdict =
            Verifier.verify(program, VerifierOptions.standard().withLogLevel((int) seed & 3));
        verdicts[
            switch (verdict) {
              case Verdict.Accepted accepted -> 0;
              case Verdict.Rejected rejected -> 1;
              case Verdict.Unsupported unsupported -> 2;
            }]++;
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError thrown) {
        StackTraceElement[] trace = thrown.getStackTrace();
        failures.add("seed " + seed + ": " + thrown + (trace.length > 0 ? " at " + trace[0] : ""));
        if (failures.size() > 20) {
          break;
        }
      }
      if (System.currentTimeMillis() - start > SLOWEST_MILLIS) {
        fail("seed %d took %d ms", seed, System.currentTimeMillis() - start);
      }
    }
    System.out.printf(
        "verifier fuzz: %d accepted, %d rejected, %d unsupported%n",
        verdicts[0], verdicts[1], verdicts[2]);
    assertThat(failures).isEmpty();
  }
}
