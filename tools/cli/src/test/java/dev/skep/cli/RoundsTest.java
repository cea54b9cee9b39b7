package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RoundsTest {
  @Test
  void roundsAreInTurnAndPerUnit() {
    List<String> order = new ArrayList<>();
    long[] first = {50, 10, 40, 20};
    int[] at = {0};
    Rounds.Work a =
        times -> {
          order.add("a" + times);
          return first[at[0]++] * times;
        };
    Rounds.Work b =
        times -> {
          order.add("b" + times);
          return 7L * times;
        };
    List<Rounds.Result> results =
        Rounds.interleaved(4, List.of(new Rounds.Part(a, 2), new Rounds.Part(b, 3)));
    assertThat(order).containsExactly("a2", "b3", "a2", "b3", "a2", "b3", "a2", "b3");
    assertThat(results).containsExactly(new Rounds.Result(10, 30), new Rounds.Result(7, 7));
    assertThat(results.getFirst().per(10)).isEqualTo(new Rounds.Result(1, 3));
  }

  @Test
  void medianOfAnOddNumberIsTheMiddle() {
    long[] nanos = {9, 1, 5};
    int[] at = {0};
    Rounds.Work work = times -> nanos[at[0]++];
    assertThat(Rounds.interleaved(3, List.of(new Rounds.Part(work, 1))))
        .containsExactly(new Rounds.Result(1, 5));
  }

  @Test
  void roundsAreAsLongAsWanted() {
    assertThat(Rounds.times(times -> 10L * times, 10_000, 1_000_000)).isEqualTo(1000);
    assertThat(Rounds.times(times -> 10L * times, 10_000, 70)).isEqualTo(70);
    assertThat(Rounds.times(times -> 1_000_000L * times, 10_000, 70)).isEqualTo(1);
    assertThat(Rounds.times(times -> 0, 10_000, 70)).isEqualTo(70);
  }
}
