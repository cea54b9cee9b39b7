package dev.skep.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataMemoryTest {
  private static DataMemory memory(boolean direct, int size) {
    return BufferMemory.of(direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void integersOfAnySizeAreLittleEndian(boolean direct) {
    DataMemory memory = memory(direct, 24);
    for (int size = 1; size <= 8; size++) {
      for (int offset = 0; offset <= 8; offset++) {
        memory.put(0, new byte[24]);
        memory.store(offset, size, 0x8877665544332211L);
        long kept = size == 8 ? 0x8877665544332211L : 0x8877665544332211L & (1L << 8 * size) - 1;
        assertThat(memory.load(offset, size)).isEqualTo(kept);
        assertThat(memory.get(offset, size + 1)[0]).isEqualTo((byte) 0x11);
        assertThat(memory.get(offset, size + 1)[size]).isZero();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nothingOutsideIsTouched(boolean direct) {
    DataMemory memory = memory(direct, 8);
    for (DataMemory each : List.of(memory, memory.slice(0, 8), memory.slice(4, 4))) {
      int size = each.size();
      assertThatThrownBy(() -> each.load(size, 1)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> each.load(-1, 4)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> each.store(size - 3, 4, 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> each.get(1, size)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> each.put(size - 1, new byte[2]))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    assertThatThrownBy(() -> memory.slice(4, 5)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aReadOnlyBufferIsReadOnly() {
    DataMemory memory = BufferMemory.of(ByteBuffer.allocateDirect(8).asReadOnlyBuffer());
    assertThatThrownBy(() -> memory.store(0, 8, 1)).isInstanceOf(ReadOnlyBufferException.class);
    assertThatThrownBy(() -> memory.store(0, 1, 1)).isInstanceOf(ReadOnlyBufferException.class);
    assertThatThrownBy(() -> memory.put(0, new byte[1]))
        .isInstanceOf(ReadOnlyBufferException.class);
  }

  @Test
  void bitFieldsLeaveTheirNeighboursAlone() {
    Random random = new Random(4);
    DataMemory memory = memory(false, 24);
    for (int round = 0; round < 20_000; round++) {
      int width = 1 + random.nextInt(64);
      int bit = random.nextInt(24 * 8 - width);
      long before = random.nextLong();
      long value = random.nextLong();
      long kept = width == 64 ? value : value & (1L << width) - 1;
      for (int i = 0; i < 24; i += 8) {
        memory.store(i, 8, before);
      }
      BitFields.store(memory, bit, width, value);
      assertThat(BitFields.load(memory, bit, width)).isEqualTo(kept);
      assertThat(BitFields.loadSigned(memory, bit, width))
          .isEqualTo(value << 64 - width >> 64 - width);
      for (int other = 0; other < 24 * 8; other++) {
        if (other < bit || other >= bit + width) {
          assertThat(BitFields.load(memory, other, 1)).isEqualTo(before >>> (other & 63) & 1);
        }
      }
    }
  }

  @Test
  void copiesAddUpAndSnapshotsStay() {
    List<DataMemory> memories = List.of(memory(true, 16), memory(true, 16), memory(true, 16));
    PerCpu<DataMemory> cpus = new PerCpu<>(memories, memory -> memory);
    for (int i = 0; i < cpus.count(); i++) {
      cpus.onCpu(i).store(8, 8, 10L + i);
    }
    PerCpu<DataMemory> then = cpus.snapshot();
    cpus.forEach(memory -> memory.store(8, 8, 100));
    assertThat(cpus.sum(memory -> memory.load(8, 8))).isEqualTo(300);
    assertThat(then.sum(memory -> memory.load(8, 8))).isEqualTo(33);
    assertThat(then.all()).hasSize(3);
    assertThatThrownBy(() -> cpus.onCpu(3)).hasMessage("cpu 3 of 3");
  }
}
