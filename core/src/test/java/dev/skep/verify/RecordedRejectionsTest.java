package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.explain.Explanation;
import dev.skep.explain.Explanation.Role;
import dev.skep.isa.InsnWord;
import dev.skep.program.Program;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Every rejection has an explanation: of the measured programs, and of mutations of them. What a
 * slice tells of its value is what the verifier knew.
 */
class RecordedRejectionsTest {
  private static final VerifierOptions OPTIONS = VerifierOptions.standard();

  private int rejected;
  private int sliced;

  @Test
  void everyMeasuredRejectionIsExplained() throws IOException {
    for (String[] field : KernelLogTest.cases()) {
      check(KernelLogTest.program(field));
    }
    System.out.printf("explained %d rejections, %d with a slice%n", rejected, sliced);
    assertThat(rejected).isGreaterThan(700);
    assertThat(sliced).isGreaterThan(rejected / 3);
  }

  @Test
  void everyRejectionOfAMutationIsExplained() throws IOException {
    Random random = new Random(20);
    List<String[]> cases = KernelLogTest.cases();
    for (int i = 0; i < 2_000; i++) {
      Program program = KernelLogTest.program(cases.get(random.nextInt(cases.size())));
      if (program.insns().length < 200) {
        check(mutated(program, random));
      }
    }
    System.out.printf("explained %d rejections of mutations, %d with a slice%n", rejected, sliced);
    assertThat(rejected).isGreaterThan(700);
  }

  /** What a log alone tells is the same kind, for the same reason. */
  @Test
  void logsAloneAreExplained() throws IOException {
    int equal = 0;
    for (String[] field : KernelLogTest.cases()) {
      Program program = KernelLogTest.program(field);
      Explanation whole = Explanation.of(program, OPTIONS);
      if (whole == null || whole.message().isEmpty()) {
        continue;
      }
      Explanation alone =
          Objects.requireNonNull(
              Explanation.ofLog(KernelLogTest.unescape(field[10])), program.name());
      assertThat(alone.message()).as(program.name()).isEqualTo(whole.message());
      assertThat(alone.kind()).as(program.name()).isEqualTo(whole.kind());
      equal++;
    }
    assertThat(equal).isGreaterThan(1_000);
  }

  /** Whatever is pasted gives an explanation or none, and no exception. */
  @Test
  void damagedLogsDoNoHarm() throws IOException {
    Random random = new Random(6);
    List<String[]> cases = KernelLogTest.cases();
    for (int i = 0; i < 3_000; i++) {
      StringBuilder log =
          new StringBuilder(KernelLogTest.unescape(cases.get(random.nextInt(cases.size()))[10]));
      log.setLength(Math.min(log.length(), 4_000));
      for (int times = random.nextInt(12); times > 0 && log.length() > 1; times--) {
        int at = random.nextInt(log.length());
        switch (random.nextInt(4)) {
          case 0 -> log.setCharAt(at, (char) (random.nextInt(96) + 32));
          case 1 -> log.delete(at, Math.min(log.length(), at + random.nextInt(40)));
          case 2 -> log.insert(at, "9".repeat(random.nextInt(12)));
          default -> log.insert(at, log.substring(at / 2, at));
        }
      }
      Explanation explanation = Explanation.ofLog(log.toString());
      if (explanation != null) {
        assertThat(explanation.summary()).isNotBlank();
      }
    }
  }

  private static Program mutated(Program program, Random random) {
    long[] insns = program.insns().clone();
    for (int times = 1 + random.nextInt(3); times > 0; times--) {
      int at = random.nextInt(insns.length);
      long word = insns[at];
      insns[at] =
          switch (random.nextInt(6)) {
            case 0 -> InsnWord.withDst(word, random.nextInt(11));
            case 1 -> InsnWord.withSrc(word, random.nextInt(11));
            case 2 -> InsnWord.withOff(word, random.nextInt(64) - 32);
            case 3 -> InsnWord.withImm(word, random.nextInt(1 << random.nextInt(31)) - 8);
            case 4 -> InsnWord.of(EXIT_CODE, 0, 0, 0, 0);
            default -> insns[random.nextInt(insns.length)];
          };
    }
    return new Program(
        program.name(),
        program.section(),
        program.type(),
        program.expectedAttachType(),
        program.flags(),
        program.license(),
        insns,
        program.maps(),
        program.funcInfo(),
        program.lineInfo(),
        program.btf(),
        null);
  }

  private void check(Program program) {
    if (!(Verifier.verify(program, OPTIONS) instanceof Verdict.Rejected verdict)) {
      assertThat(Explanation.of(program, OPTIONS)).as(program.name()).isNull();
      return;
    }
    rejected++;
    Recording recording =
        Objects.requireNonNull(Recording.of(program, OPTIONS, null), program.name());
    Explanation explanation = Explanation.of(recording);
    assertThat(explanation.message()).as(program.name()).isEqualTo(verdict.message());
    assertThat(explanation.summary()).as(program.name()).isNotBlank();
    assertThat(explanation.hint().text()).as(program.name()).isNotBlank();
    if (recording.insn() >= 0) {
      assertThat(explanation.instruction()).as(program.name()).isNotNull();
    }
    for (Explanation.Value value : explanation.values()) {
      checkValue(program, explanation, value);
    }
  }

  /** The last step that has the value made it what it was; without one it was never written. */
  private void checkValue(Program program, Explanation explanation, Explanation.Value value) {
    List<Explanation.Step> path = explanation.path();
    boolean other = path.stream().anyMatch(s -> s.role() == Role.BRANCHES);
    Explanation.Effect last = null;
    for (Explanation.Step step : path) {
      for (Explanation.Effect effect : step.effects()) {
        last = effect.place().equals(value.place()) ? effect : last;
      }
    }
    if (last == null) {
      assertThat(other || value.state().equals("?") || value.state().equals("????????"))
          .as("%s: %s %s", program.name(), explanation.message(), value)
          .isTrue();
      return;
    }
    sliced++;
    if (explanation.calls().isEmpty()) {
      assertThat(withoutIds(last.after()))
          .as("%s: %s %s", program.name(), explanation.message(), value.place())
          .isEqualTo(withoutIds(value.state()));
    }
  }

  /** Ids do not count: a copy gives its source one without saying anything new of it. */
  private static String withoutIds(String state) {
    return state.replaceAll("\\bid=\\d+[+-]?\\d*,?", "").replace(",)", ")");
  }
}
