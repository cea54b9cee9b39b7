package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.map.Maps;
import dev.skep.map.VmMap;
import dev.skep.natives.CpuFeatures;
import dev.skep.natives.Memory;
import dev.skep.natives.NativeCode;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.layout.HtabElemLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Machine code and Java find the same elements in the same maps. */
class HashRoutinesTest {
  private static final MethodHandle CALL = NativeCode.caller(2, true);

  @SuppressWarnings("NullAway.Init")
  private Machine machine;

  @SuppressWarnings("NullAway.Init")
  private X64Text text;

  @BeforeEach
  void open() {
    Assumptions.assumeTrue(
        CpuFeatures.host().x64() && CpuFeatures.host().fsgsbase(),
        "execution of machine code needs x86-64 linux with fsgsbase");
    machine = Machine.ofCpus(2);
    text = new X64Text(List.of(machine.cpus().at(0), machine.cpus().at(1)), false);
  }

  @AfterEach
  void close() {
    if (text != null) {
      text.close();
      machine.close();
    }
  }

  private long find(VmMap map, long key) {
    MemorySegment routine = MemorySegment.ofAddress(text.helper(NativeHelper.HTAB_MAP_LOOKUP));
    try {
      return (long) CALL.invokeExact(routine, map.address(), key);
    } catch (Throwable thrown) {
      throw new AssertionError(thrown);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 20, 23, 24, 25, 28, 36, 64, 67})
  void findsWhatJavaFinds(int keySize) {
    VmMap map = new Maps(machine).create(MapSpec.of("h", MapType.HASH, keySize, 8, 300, 0));
    Cpu cpu = machine.cpus().at(0);
    Random random = new Random(keySize);
    long key = Memory.allocate(80);
    long value = Memory.allocate(8);
    int hits = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] bytes = new byte[keySize];
      // Few different bytes, so that keys come back and differ late.
      bytes[random.nextInt(keySize)] = (byte) random.nextInt(200);
      bytes[keySize - 1] ^= (byte) random.nextInt(2);
      Memory.copy(bytes, 0, key, keySize);
      if (i % 3 == 0) {
        map.updateElem(cpu, key, value, 0);
      }
      long expected = map.lookupElem(cpu, key);
      long element = find(map, key);
      long offset = HtabElemLayout.KEY + (keySize + 7 & -8);
      assertThat(element == 0 ? 0 : element + offset).isEqualTo(expected);
      hits += element == 0 ? 0 : 1;
    }
    assertThat(hits).isBetween(100, 3000);
    Memory.free(key);
    Memory.free(value);
  }

  @Test
  void findsWhileOthersChangeTheMap() throws InterruptedException {
    VmMap map = new Maps(machine).create(MapSpec.of("h", MapType.HASH, 4, 8, 64, 0));
    long keys = Memory.allocate(4 * 64);
    long value = Memory.allocate(8);
    for (int i = 0; i < 64; i++) {
      Memory.putInt(keys + 4 * i, i);
    }
    AtomicBoolean stop = new AtomicBoolean();
    Cpu cpu = machine.cpus().enter(0);
    map.updateElem(cpu, keys, value, 0);
    machine.cpus().leave();
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              Random random = new Random(1);
              while (!stop.get()) {
                Cpu own = machine.cpus().enter(1);
                long key = keys + 4 * (1 + random.nextInt(63));
                if (random.nextBoolean()) {
                  map.updateElem(own, key, value, 0);
                } else {
                  map.deleteElem(own, key);
                }
                machine.cpus().leave();
              }
            });
    for (int i = 0; i < 200_000; i++) {
      machine.cpus().enter(0);
      assertThat(find(map, keys) != 0).isTrue();
      find(map, keys + 4 * (1 + i % 63));
      machine.cpus().leave();
    }
    stop.set(true);
    writer.join();
    Memory.free(keys);
    Memory.free(value);
  }
}
