package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SymbolNamesTest {
  @Test
  void namesOfATable(@TempDir Path directory) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 10_000; i++) {
      text.append("ffffffff81000000 T function_").append(i);
      text.append(i % 3 == 0 ? "\t[module]" : "").append('\n');
    }
    Path table = Files.writeString(directory.resolve("kallsyms"), text);
    SymbolNames names = SymbolNames.read(table);
    for (int i = 0; i < 10_000; i++) {
      assertThat(names.contains("function_" + i)).isTrue();
    }
    assertThat(names.contains("function_10000")).isFalse();
    assertThat(names.contains("[module]")).isFalse();
    assertThat(names.contains("T")).isFalse();
    assertThat(names.contains("")).isFalse();
  }
}
