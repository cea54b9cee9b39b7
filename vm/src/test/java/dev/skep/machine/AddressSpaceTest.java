package dev.skep.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.natives.PerCpuRegion;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class AddressSpaceTest {
  @Test
  void rangesHoldWholeAccesses() {
    AddressSpace space = new AddressSpace(null);
    space.add(0x1000, 16);
    space.add(0x1010, 8);
    assertThat(space.contains(0x1000, 8)).isTrue();
    assertThat(space.contains(0x1008, 8)).isTrue();
    assertThat(space.contains(0x1009, 8)).isFalse();
    assertThat(space.contains(0xfff, 1)).isFalse();
    assertThat(space.contains(0x1010, 8)).isTrue();
    assertThat(space.contains(0x1018, 1)).isFalse();
    assertThat(space.contains(-8, 8)).isFalse();
    space.remove(0x1000);
    assertThat(space.contains(0x1000, 1)).isFalse();
    assertThat(space.contains(0x1010, 1)).isTrue();
  }

  @Test
  void findLeavesTheRange() {
    AddressSpace space = new AddressSpace(null);
    space.add(0x1000, 16);
    AddressSpace.Window window = new AddressSpace.Window();
    assertThat(space.find(0x1004, 4, window)).isTrue();
    assertThat(window.start).isEqualTo(0x1000);
    assertThat(window.end).isEqualTo(0x1010);
    assertThat(space.find(0x2000, 4, window)).isFalse();
    assertThat(window.start).isEqualTo(0x1000);
  }

  @Test
  void overlapsAreRefused() {
    AddressSpace space = new AddressSpace(null);
    space.add(0x1000, 16);
    assertThatThrownBy(() -> space.add(0x0ff8, 9)).hasMessage("range 0xff8 of 9 bytes");
    assertThatThrownBy(() -> space.add(0x1008, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> space.add(Long.MAX_VALUE, 2))
        .isInstanceOf(IllegalArgumentException.class);
    space.add(0x0ff8, 8);
    space.add(0x1010, 1);
  }

  @Test
  void perCpuMemoryIsPartOfIt() {
    try (PerCpuRegion region = new PerCpuRegion(2)) {
      AddressSpace space = new AddressSpace(region);
      long offset = region.allocate(8, 8);
      assertThat(space.contains(region.address(offset, 0), 8)).isTrue();
      assertThat(space.contains(region.address(offset, 1), 8)).isTrue();
      assertThat(space.contains(region.base(1) - 8, 8)).isFalse();
      assertThat(space.contains(region.base(0) - 1, 1)).isFalse();
      assertThat(space.contains(offset, 8)).isFalse();
    }
  }

  @Test
  void agreesWithASortedMap() {
    Random random = new Random(3);
    AddressSpace space = new AddressSpace(null);
    TreeMap<Long, Long> model = new TreeMap<>();
    for (int i = 0; i < 20_000; i++) {
      long start = 64 + random.nextInt(500) * 16L;
      if (random.nextBoolean() && !model.containsKey(start)) {
        long bytes = 1 + random.nextInt(16);
        space.add(start, bytes);
        model.put(start, start + bytes);
      } else {
        space.remove(start);
        model.remove(start);
      }
      long address = random.nextInt(9000);
      int bytes = 1 << random.nextInt(4);
      var floor = model.floorEntry(address);
      boolean inside = floor != null && address + bytes <= floor.getValue();
      assertThat(space.contains(address, bytes)).isEqualTo(inside);
    }
  }
}
