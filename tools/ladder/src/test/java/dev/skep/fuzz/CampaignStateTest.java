package dev.skep.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import dev.skep.ladder.Finding;
import dev.skep.ladder.Rung;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CampaignStateTest {
  @TempDir Path directory;

  @Test
  void rangesJoin() {
    SeedRanges ranges = new SeedRanges();
    ranges.add(10, 20);
    ranges.add(30, 40);
    ranges.add(20, 30);
    ranges.add(-5, 0);
    ranges.add(7, 7);
    assertThat(ranges.text()).isEqualTo("-5--1,10-39");
    assertThat(ranges.count()).isEqualTo(35);
    assertThat(ranges.contains(39)).isTrue();
    assertThat(ranges.contains(40)).isFalse();
    assertThat(SeedRanges.parse(ranges.text()).text()).isEqualTo(ranges.text());
  }

  @Test
  void comesBackAsItWas() throws IOException {
    CampaignState state = new CampaignState("wild 40");
    Counts counts = new Counts();
    Finding different = Finding.compare(Rung.REASON, "a 1\nb", "a 1\nc");
    counts.add("xdp", List.of(Finding.equal(Rung.VERDICT), different));
    counts.add("xdp", List.of(Finding.unsupported(Rung.VERDICT, "kfunc = \"x\" \\ calls")));
    state.add(0, 2, counts);
    state.addGroup(Tally.signatureOf(different));
    state.addNanos(17);
    Path file = directory.resolve("state");
    state.save(file);
    state.save(file);
    CampaignState loaded = CampaignState.load(file);
    assertThat(loaded.text()).isEqualTo(state.text());
    assertThat(loaded.groups()).isEqualTo(state.groups());
    assertThat(loaded.counts().missing()).isEqualTo(state.counts().missing());
    assertThat(loaded.counts().programs()).isEqualTo(2);
    assertThat(loaded.counts().different()).isEqualTo(1);
    assertThat(directory.toFile().list()).containsExactly("state");
  }

  @Test
  void refusesWhatIsNone() {
    assertThatThrownBy(() -> CampaignState.parse("hello"))
        .isInstanceOf(MalformedException.class)
        .hasMessage("no state of skep fuzz");
    assertThatThrownBy(() -> CampaignState.parse("recipe = x\nrung NOPE xdp = 1 2 3 4\n"))
        .isInstanceOf(MalformedException.class)
        .hasMessage("line 2: \"rung NOPE xdp = 1 2 3 4\"");
    assertThatThrownBy(() -> SeedRanges.parse("1-x"))
        .isInstanceOf(MalformedException.class)
        .hasMessage("seeds: \"1-x\" is no range");
  }
}
