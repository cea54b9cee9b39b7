package dev.skep.btf;

import dev.skep.object.FuzzClock;
import dev.skep.object.Mutator;
import dev.skep.object.TestObjects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Broken .BTF.ext is refused with its offset, or its records can be read. */
class BtfExtFuzzTest {
  private final Btf btf = TestObjects.types("core");
  private final byte[] ext = TestObjects.section("core", ".BTF.ext");

  @Test
  void survivesBrokenRecords() {
    FuzzClock.run(4000, this::readBroken);
  }

  private void readBroken(Random random) {
    byte[] bytes = new Mutator(random).mutate(ext, 0, 32, 32, ext.length);
    BtfExt broken = BtfExt.parse(bytes, btf);
    for (String section : broken.relocatedSections()) {
      broken.relocations(section);
      broken.functions(section);
      broken.lines(section);
    }
  }
}
