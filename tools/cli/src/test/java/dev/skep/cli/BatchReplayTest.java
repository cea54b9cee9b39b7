package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.cli.json.Json;
import dev.skep.engine.LoadedProgram;
import dev.skep.fuzz.BatchLine;
import dev.skep.fuzz.ProgramGenerator;
import dev.skep.ladder.Behaviour;
import dev.skep.ladder.Sample;
import dev.skep.ladder.SampleMaps;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Lines that {@code skep fuzz} writes do in {@code skep batch} what the sample did. */
class BatchReplayTest {
  private static final int SEEDS = 150;

  @Test
  void linesGiveTheResultsOfTheirSamples() {
    int replayed = 0;
    try (Engines engines = new Engines(2);
        Vm vm = Vm.interp(VmOptions.ofCpus(2))) {
      for (long seed = 0; seed < SEEDS; seed++) {
        Sample sample = ProgramGenerator.generate(seed, 0);
        if (sample.packets().size() < 2) {
          continue;
        }
        String answer = BatchCommand.answer(BatchLine.run(seed, sample, "interp"), engines);
        Map<String, ?> fields = Json.object(answer);
        assertThat(fields.get("id")).isEqualTo(seed);
        if (fields.get("results") instanceof List<?> results) {
          assertThat(retvals(results)).as("seed " + seed).isEqualTo(expected(vm, sample));
          replayed++;
        }
      }
    }
    assertThat(replayed).isGreaterThan(SEEDS / 4);
  }

  private static List<String> retvals(List<?> results) {
    List<String> retvals = new ArrayList<>();
    for (Object result : results) {
      Object value = Objects.requireNonNull(((Map<?, ?>) result).get("retval"));
      retvals.add("retval=0x" + Long.toHexString((Long) value));
    }
    return retvals;
  }

  private static List<String> expected(Vm vm, Sample sample) {
    try (SampleMaps maps = new SampleMaps(vm, sample);
        LoadedProgram program = vm.load(sample.program(), maps.maps())) {
      return Behaviour.of(program, sample, maps).lines().stream()
          .filter(line -> line.startsWith("retval="))
          .map(line -> line.substring(0, line.indexOf(' ')))
          .toList();
    }
  }
}
