package dev.skep.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PerCpuRegionTest {
  @Test
  void everyAreaKnowsItsNumberAndBase() {
    try (PerCpuRegion region = new PerCpuRegion(3)) {
      for (int cpu = 0; cpu < 3; cpu++) {
        long base = region.base(cpu);
        assertThat(Memory.getInt(base + PerCpuRegion.CPU_NUMBER_OFFSET)).isEqualTo(cpu);
        assertThat(Memory.getLong(base + PerCpuRegion.BASE_OFFSET)).isEqualTo(base);
      }
    }
  }

  @Test
  void copiesAreApart() {
    try (PerCpuRegion region = new PerCpuRegion(2)) {
      long offset = region.allocate(8, 8);
      assertThat(offset).isGreaterThanOrEqualTo(PerCpuRegion.HEADER_BYTES);
      Memory.putLong(region.address(offset, 0), 1);
      assertThat(Memory.getLong(region.address(offset, 1))).isZero();
    }
  }

  @Test
  void largeRoomIsCommitted() {
    try (PerCpuRegion region = new PerCpuRegion(2)) {
      long offset = region.allocate(50_000_000, 4096);
      assertThat(offset % 4096).isZero();
      Memory.putByte(region.address(offset, 1) + 49_999_999, (byte) 7);
      assertThat(Memory.getByte(region.address(offset, 0) + 49_999_999)).isZero();
    }
  }

  @Test
  void roomThatCameBackIsZeroedAndUsedAgain() {
    try (PerCpuRegion region = new PerCpuRegion(2)) {
      long first = region.allocate(24, 8);
      Memory.putLong(region.address(first, 1) + 16, -1);
      region.free(first);
      assertThat(region.allocate(24, 8)).isEqualTo(first);
      assertThat(Memory.getLong(region.address(first, 1) + 16)).isZero();
    }
  }

  @Test
  void rangesNeverOverlap() {
    Random random = new Random(1);
    Map<Long, Integer> live = new HashMap<>();
    try (PerCpuRegion region = new PerCpuRegion(1)) {
      for (int i = 0; i < 5000; i++) {
        if (random.nextInt(3) == 0 && !live.isEmpty()) {
          Map.Entry<Long, Integer> victim = live.entrySet().iterator().next();
          Memory.fill(region.address(victim.getKey(), 0), victim.getValue(), (byte) 0);
          region.free(victim.getKey());
          live.remove(victim.getKey());
        } else {
          int size = 1 + random.nextInt(300);
          long alignment = 1L << random.nextInt(7);
          long offset = region.allocate(size, alignment);
          assertThat(offset % alignment).isZero();
          for (int b = 0; b < size; b++) {
            assertThat(Memory.getByte(region.address(offset, 0) + b)).isZero();
          }
          Memory.fill(region.address(offset, 0), size, (byte) 1);
          live.put(offset, size);
        }
      }
    }
  }

  @Test
  void unknownOffsetsAreRefused() {
    try (PerCpuRegion region = new PerCpuRegion(1)) {
      assertThatThrownBy(() -> region.free(5000)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
