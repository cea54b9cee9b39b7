package dev.skep.btf;

import dev.skep.errors.MalformedException;
import dev.skep.object.BtfSource;
import dev.skep.object.FuzzClock;
import dev.skep.object.Mutator;
import dev.skep.object.TestObjects;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Broken BTF is refused with its offset, or every type of it can be read and printed. */
class BtfFuzzTest {
  @Test
  void survivesBrokenTypes() {
    FuzzClock.run(4000, BtfFuzzTest::readBroken);
  }

  private static void readBroken(Random random) throws IOException {
    String name = TestObjects.ALL.get(random.nextInt(TestObjects.ALL.size()));
    if (name.equals("nobtf") || name.equals("subprogs-be")) {
      return;
    }
    byte[] bytes = BtfSource.read(TestObjects.bytes(name)).bytes();
    Btf btf = Btf.parse(new Mutator(random).mutate(bytes, 0, 24, 24, bytes.length));
    for (int id = 0; id < btf.typeCount(); id++) {
      BtfType type = btf.type(id);
      btf.find(type.name(), type.kind());
      btf.sizeOf(id);
      btf.skip(id, true);
    }
    BtfRawDump.write(btf, new StringBuilder());
    try {
      BtfCDump.write(btf, new StringBuilder());
    } catch (MalformedException endless) {
      return;
    }
  }
}
