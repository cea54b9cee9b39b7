package dev.skep.btf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.object.BtfSource;
import dev.skep.object.TestObjects;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BtfDumpTest {
  @ParameterizedTest
  @ValueSource(strings = {"core", "externs", "globals", "maps", "subprogs", "types"})
  void printsWhatBpftoolPrints(String name) throws IOException {
    Btf btf = BtfSource.read(TestObjects.bytes(name));
    StringBuilder raw = new StringBuilder();
    BtfRawDump.write(btf, raw);
    assertThat(raw.toString()).isEqualTo(TestObjects.text(name + ".raw.txt"));
    StringBuilder c = new StringBuilder();
    BtfCDump.write(btf, c);
    assertThat(c.toString()).isEqualTo(TestObjects.text(name + ".c.txt"));
  }
}
