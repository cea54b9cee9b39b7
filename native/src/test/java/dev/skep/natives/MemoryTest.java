package dev.skep.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryTest {
  private long block;

  @BeforeEach
  void allocate() {
    block = Memory.allocate(256);
  }

  @AfterEach
  void free() {
    Memory.free(block);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 4096", "100, 64", "0, 8", "1000000, 65536", "70000000, 16"})
  void blocksAreAlignedAndZeroed(long bytes, long alignment) {
    long address = Memory.allocate(bytes, alignment);
    assertThat(address % alignment).isZero();
    for (long i = 0; i < Math.min(bytes, 5000); i++) {
      assertThat(Memory.getByte(address + i)).isZero();
    }
    if (bytes > 0) {
      Memory.putByte(address + bytes - 1, (byte) 1);
    }
    Memory.free(address);
  }

  @Test
  void reusedBlocksAreZeroedAgain() {
    for (int i = 0; i < 100; i++) {
      long address = Memory.allocate(64);
      assertThat(Memory.getLong(address)).isZero();
      Memory.fill(address, 64, (byte) -1);
      Memory.free(address);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 3, -8})
  void alignmentMustBeAPowerOfTwo(long alignment) {
    assertThatThrownBy(() -> Memory.allocate(8, alignment))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 62, Long.MAX_VALUE})
  void tooMuchIsOutOfMemory(long bytes) {
    assertThatThrownBy(() -> Memory.allocate(bytes)).isInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void allWidthsAreLittleEndianAndMayBeUnaligned() {
    Memory.putLong(block + 1, 0x8877665544332211L);
    assertThat(Memory.getByte(block + 1)).isEqualTo((byte) 0x11);
    assertThat(Memory.getShort(block + 3)).isEqualTo((short) 0x4433);
    assertThat(Memory.getInt(block + 5)).isEqualTo(0x88776655);
    Memory.putShort(block + 2, (short) 0xabcd);
    Memory.putInt(block + 5, 1);
    Memory.putByte(block + 1, (byte) 0xff);
    assertThat(Memory.getLong(block + 1)).isEqualTo(0x0000000144abcdffL);
  }

  @Test
  void aNegativeAddressIsRefused() {
    assertThatThrownBy(() -> Memory.getLong(-8)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void orderedAccessNeedsAlignment() {
    assertThatThrownBy(() -> Memory.getIntVolatile(block + 2))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void readModifyWriteGivesTheOldValue() {
    assertThat(Memory.getAndAddLong(block, 5)).isEqualTo(0);
    assertThat(Memory.getAndOrLong(block, 10)).isEqualTo(5);
    assertThat(Memory.getAndAndLong(block, 3)).isEqualTo(15);
    assertThat(Memory.getAndXorLong(block, 1)).isEqualTo(3);
    assertThat(Memory.getAndSetLong(block, 9)).isEqualTo(2);
    assertThat(Memory.compareAndExchangeLong(block, 8, 1)).isEqualTo(9);
    assertThat(Memory.compareAndSetLong(block, 9, 1L << 33)).isTrue();
    assertThat(Memory.getLongAcquire(block)).isEqualTo(1L << 33);
    assertThat(Memory.getAndAddInt(block, -1)).isEqualTo(0);
    assertThat(Memory.getLongVolatile(block)).isEqualTo(0x2_ffff_ffffL);
  }

  @Test
  void copiesOverlapAndCompare() {
    byte[] text = "bees and bees".getBytes(StandardCharsets.US_ASCII);
    Memory.copy(text, 0, block, text.length);
    Memory.copy(block, block + 4, text.length);
    byte[] back = new byte[text.length];
    Memory.copy(block + 4, back, 0, back.length);
    assertThat(back).isEqualTo(text);
    assertThat(Memory.equal(block + 4, block + 13, 4)).isTrue();
    assertThat(Memory.compare(block, block + 4, 4)).isZero();
    Memory.putByte(block, (byte) 0xff);
    assertThat(Memory.compare(block, block + 4, 4)).isPositive();
    assertThat(Memory.equal(block, block + 4, 9)).isFalse();
  }
}
