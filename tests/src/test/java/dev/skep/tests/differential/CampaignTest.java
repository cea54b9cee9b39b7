package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.fuzz.Campaign;
import dev.skep.fuzz.CampaignState;
import dev.skep.fuzz.Disagreement;
import dev.skep.fuzz.Recipe;
import dev.skep.ladder.Ladder;
import dev.skep.linux.KernelEngine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A campaign in two sessions counts what one session counts, on one thread or two. */
class CampaignTest {
  private static final Recipe RECIPE = new Recipe(40, 10, List.of());

  @Test
  void sessionsAndThreadsMakeNoDifference() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    List<String> found = new ArrayList<>();
    CampaignState whole = new CampaignState("test");
    run(whole, 0, 150, 1, found);
    CampaignState parts = new CampaignState("test");
    run(parts, 40, 60, 2, found);
    run(parts, 0, 150, 2, found);
    assertThat(found).isEmpty();
    assertThat(parts.done().text()).isEqualTo("0-149").isEqualTo(whole.done().text());
    assertThat(parts.counts().types()).isEqualTo(whole.counts().types());
    assertThat(parts.counts().missing()).isEqualTo(whole.counts().missing());
    assertThat(parts.counts().programs()).isEqualTo(150);
  }

  private static void run(
      CampaignState state, long first, long count, int jobs, List<String> found) {
    new Campaign(
            RECIPE, state, () -> new Ladder(false), (Disagreement d) -> found.add(d.batchLine()))
        .run(first, count, null, jobs, now -> {});
  }
}
