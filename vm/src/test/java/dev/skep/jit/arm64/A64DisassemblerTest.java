package dev.skep.jit.arm64;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The text of words, as llvm-objdump prints it. */
final class A64DisassemblerTest {
  @Test
  void printsWhatLlvmPrints() throws IOException {
    List<String> different = new ArrayList<>();
    for (GoldenWords.Line line : GoldenWords.all()) {
      List<?> words = (List<?>) Objects.requireNonNull(line.line().get("words"));
      List<?> texts = (List<?>) Objects.requireNonNull(line.line().get("asm"));
      for (int i = 0; i < words.size(); i++) {
        String text = text(HexFormat.fromHexDigits((String) words.get(i)), -1);
        if (!text.equals(texts.get(i))) {
          different.add(words.get(i) + ": " + text + " instead of " + texts.get(i));
        }
      }
    }
    assertThat(different).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "54000040 | b.eq 0x108",
        "17ffffff | b 0xfc",
        "94000400 | bl 0x1100",
        "5800004a | ldr x10, 0x108",
        "00000000 | .word 0x0",
        "d4202000 | .word 0xd4202000",
      })
  void targetsAreAddresses(String word, String text) {
    assertThat(text(HexFormat.fromHexDigits(word), 0x100)).isEqualTo(text);
  }

  @Test
  void anyWordHasText() {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 1_000_000; i++) {
      assertThat(text(random.nextInt(), 0)).isNotEmpty();
    }
  }

  private static String text(int word, long pc) {
    StringBuilder out = new StringBuilder();
    A64Disassembler.append(out, word, pc);
    return out.toString();
  }
}
