package dev.skep.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.ladder.Sample;
import dev.skep.program.Program;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A seed stands for one program for ever, whoever asks. */
class RecipeTest {
  private static final Recipe RECIPE = new Recipe(40, 10, List.of(ProgramGenerator.generate(1, 0)));

  @Test
  void sameSeedSameProgram() {
    for (long seed = 0; seed < 200; seed++) {
      String first = BatchLine.run(seed, RECIPE.sample(seed), "jit");
      assertThat(BatchLine.run(seed, RECIPE.sample(seed), "jit")).isEqualTo(first);
    }
  }

  @Test
  void allKindsAndManyTypes() {
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    Set<String> types = new java.util.TreeSet<>();
    Set<String> maps = new java.util.TreeSet<>();
    int targets = 0;
    for (long seed = 0; seed < 1000; seed++) {
      Sample sample = RECIPE.sample(seed);
      kinds.add(RECIPE.kind(seed));
      types.add(sample.program().type().text());
      sample.program().maps().forEach(map -> maps.add(map.type().text()));
      targets += sample.targets().size();
    }
    assertThat(kinds).isEqualTo(EnumSet.allOf(Kind.class));
    assertThat(types).hasSizeGreaterThan(18);
    assertThat(maps).contains("lpm_trie", "queue", "bloom_filter", "array_of_maps", "ringbuf");
    assertThat(targets).isGreaterThan(20);
  }

  @Test
  void minimiserKeepsWhatIsLookedFor() {
    Sample sample = ProgramGenerator.generate(3, 0);
    Sample small = new Minimiser(candidate -> exits(candidate.program())).shrink(sample);
    assertThat(small.program().insns()).hasSize(1);
    assertThat(exits(small.program())).isTrue();
  }

  private static boolean exits(Program program) {
    long[] insns = program.insns();
    return insns.length > 0 && (insns[insns.length - 1] & 0xff) == Code.EXIT;
  }
}
