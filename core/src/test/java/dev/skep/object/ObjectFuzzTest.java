package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Broken objects are refused by name, or opened; nothing else happens. */
class ObjectFuzzTest {
  private final byte[] kernel = TestObjects.section("target", ".BTF");
  private final Map<String, int[]> ranges = new HashMap<>();

  @Test
  void survivesBrokenObjects() {
    FuzzClock.run(4000, this::openBroken);
  }

  private void openBroken(Random random) {
    String name = TestObjects.ALL.get(random.nextInt(TestObjects.ALL.size()));
    byte[] bytes = TestObjects.bytes(name);
    int[] where = ranges.computeIfAbsent(name, n -> ranges(bytes));
    use(BpfObject.open(name, new Mutator(random).mutate(bytes, where), options(random)));
  }

  /** No kernel types, sound ones, or broken ones. */
  private OpenOptions options(Random random) {
    int choice = random.nextInt(3);
    if (choice == 0) {
      return OpenOptions.DEFAULT;
    }
    byte[] bytes = choice == 1 ? kernel : new Mutator(random).mutate(kernel, 24, kernel.length);
    return OpenOptions.DEFAULT.withKernelBtf(Btf.parse(bytes));
  }

  /** Header, section headers, and each section: the parts of an object, whatever their size. */
  private static int[] ranges(byte[] bytes) {
    List<Integer> all = new ArrayList<>(List.of(0, 64, 0, bytes.length));
    for (ElfFile.Section section : ElfFile.parse(bytes).sections()) {
      if (section.type() != ElfFile.SHT_NOBITS && section.size() > 0) {
        all.add((int) section.offset());
        all.add((int) (section.offset() + section.size()));
      }
      if (section.index() == 0) {
        all.add(bytes.length - 64 * ElfFile.parse(bytes).sections().size());
        all.add(bytes.length);
      }
    }
    return all.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void use(BpfObject object) {
    for (ObjectMap map : object.maps()) {
      map.maxEntries(map.spec().maxEntries());
      if (map.isGlobalData() && map.spec().valueSize() < 4096) {
        map.valueSize(4096);
      }
    }
    for (GlobalVariable variable : object.variables()) {
      if (variable.size() < 4096) {
        setByName(object, variable);
      }
    }
    for (ObjectProgram program : object.programs()) {
      link(object, program);
    }
  }

  /** One program's mistakes leave the others usable. */
  private static void link(BpfObject object, ObjectProgram program) {
    try {
      object.toProgram(program);
    } catch (MalformedException | UnsupportedException ofThisProgram) {
      return;
    }
  }

  /** A name may stand for another variable of another size. */
  private static void setByName(BpfObject object, GlobalVariable variable) {
    try {
      object.set(variable.name(), new byte[variable.size()]);
    } catch (IllegalArgumentException another) {
      return;
    }
  }
}
