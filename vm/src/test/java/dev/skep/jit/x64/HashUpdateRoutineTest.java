package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.BpfMap;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.isa.Assembler;
import dev.skep.jit.Linkage;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.map.Maps;
import dev.skep.map.VmMap;
import dev.skep.natives.CpuFeatures;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compiled updates of hash maps do what Java's do, alone and beside them. */
class HashUpdateRoutineTest {
  private static final int CPUS = 3;

  @SuppressWarnings("NullAway.Init")
  private Machine machine;

  @SuppressWarnings("NullAway.Init")
  private X64Text text;

  @SuppressWarnings("NullAway.Init")
  private Maps maps;

  @SuppressWarnings("NullAway.Init")
  private NativeProgram update;

  private final AtomicInteger inJava = new AtomicInteger();

  @BeforeEach
  void open() {
    Assumptions.assumeTrue(
        CpuFeatures.host().x64() && CpuFeatures.host().fsgsbase(),
        "execution of machine code needs x86-64 linux with fsgsbase");
    machine = Machine.ofCpus(CPUS);
    List<Cpu> cpus = new ArrayList<>();
    for (int i = 0; i < CPUS; i++) {
      cpus.add(machine.cpus().at(i));
    }
    text = new X64Text(cpus, false);
    maps = new Maps(machine);
    long java =
        text.register((cpu, map, key, value, flags, r5) -> {
          inJava.incrementAndGet();
          return maps.at(map).updateElem(cpu, key, value, flags);
        });
    update = program(text.hashUpdate(java));
  }

  @AfterEach
  void close() {
    if (text != null) {
      text.close();
      machine.close();
    }
  }

  /** A program that calls a function with the four arguments that its context consists of. */
  private NativeProgram program(long function) {
    long[] insns =
        Assembler.assemble(
            """
            r4 = *(u64 *)(r1 + 24)
            r3 = *(u64 *)(r1 + 16)
            r2 = *(u64 *)(r1 + 8)
            r1 = *(u64 *)(r1 + 0)
            call #2
            exit
            """);
    RunnableProgram.Function main =
        new RunnableProgram.Function(0, insns.length, 0, false, false, false, false);
    JitInput input =
        new JitInput(insns, List.of(main), List.of(), TailCallDialect.LINUX_6_18, false, 0, 0);
    return text.load(input, new OneFunction(function));
  }

  private record OneFunction(long address) implements Linkage {
    @Override
    public long mapAddress(int map) {
      throw new AssertionError();
    }

    @Override
    public long mapValueAddress(int map, int offset) {
      throw new AssertionError();
    }

    @Override
    public long variableAddress(KernelVariable variable) {
      throw new AssertionError();
    }

    @Override
    public long functionAddress(int number) {
      return address;
    }

    @Override
    public boolean isUpcall(int number) {
      return true;
    }
  }

  private long update(Cpu cpu, long block, VmMap map, long key, long value, long flags) {
    Memory.putLong(block, map.address());
    Memory.putLong(block + 8, key);
    Memory.putLong(block + 16, value);
    Memory.putLong(block + 24, flags);
    return update.run(block, cpu);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1", "4, 8", "4, 4", "8, 8", "3, 5", "5, 16", "12, 7", "13, 24", "16, 100", "20, 33",
    "31, 256", "40, 12"
  })
  void sameAsAHashMapOfJava(int keySize, int valueSize) {
    VmMap map = maps.create(MapSpec.of("h", MapType.HASH, keySize, valueSize, 60, 0));
    long memory = Memory.allocate(1024);
    long key = memory + 64;
    long value = memory + 256;
    Random random = new Random(keySize);
    Map<List<Byte>, byte[]> model = new HashMap<>();
    int updates = 0;
    for (int i = 0; i < 5000; i++) {
      byte[] bytes = new byte[keySize];
      bytes[random.nextInt(keySize)] = (byte) random.nextInt(Math.max(3, 90 / keySize));
      byte[] contents = new byte[valueSize];
      random.nextBytes(contents);
      Memory.copy(bytes, 0, key, keySize);
      Memory.copy(contents, 0, value, valueSize);
      Cpu cpu = machine.cpus().enter(random.nextInt(CPUS));
      long flags = random.nextInt(4) == 0 ? random.nextInt(4) : 2L * random.nextInt(2);
      if (random.nextInt(5) == 0) {
        assertThat(map.deleteElem(cpu, key) == 0).isEqualTo(model.remove(list(bytes)) != null);
      } else {
        long expected = expected(model, bytes, contents, flags);
        assertThat(update(cpu, memory, map, key, value, flags)).isEqualTo(expected);
        updates++;
      }
      machine.cpus().leave();
      if (i % 50 == 0) {
        model.forEach((each, wanted) -> assertThat(map.lookup(array(each))).isEqualTo(wanted));
        assertThat(map.elementCount()).isEqualTo(model.size());
      }
    }
    assertThat(inJava.get()).isBetween(1, updates - 100);
    map.close();
    Memory.free(memory);
  }

  private static long expected(
      Map<List<Byte>, byte[]> model, byte[] key, byte[] value, long flags) {
    boolean there = model.containsKey(list(key));
    if (flags == 3) {
      return -Errno.EINVAL;
    } else if (flags == BpfMap.NOEXIST && there) {
      return -Errno.EEXIST;
    } else if (flags == BpfMap.EXIST && !there) {
      return -Errno.ENOENT;
    } else if (!there && model.size() == 60) {
      return -Errno.E2BIG;
    }
    model.put(list(key), value);
    return 0;
  }

  private static List<Byte> list(byte[] bytes) {
    List<Byte> list = new ArrayList<>();
    for (byte each : bytes) {
      list.add(each);
    }
    return list;
  }

  private static byte[] array(List<Byte> list) {
    byte[] bytes = new byte[list.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = list.get(i);
    }
    return bytes;
  }

  @Test
  void largeValuesAndOtherMapsAreForJava() {
    for (MapSpec spec :
        List.of(
            MapSpec.of("h", MapType.HASH, 4, 5000, 4, 0),
            MapSpec.of("h", MapType.LRU_HASH, 4, 8, 4, 0))) {
      VmMap map = maps.create(spec);
      long memory = Memory.allocate(8192);
      Cpu cpu = machine.cpus().enter(0);
      int before = inJava.get();
      assertThat(update(cpu, memory, map, memory + 64, memory + 128, 0)).isZero();
      assertThat(update(cpu, memory, map, memory + 64, memory + 128, 0)).isZero();
      assertThat(inJava.get() - before).isEqualTo(2);
      machine.cpus().leave();
      map.close();
      Memory.free(memory);
    }
  }

  /** All words of a value are the same number, and keys 0 and 1 are always there. */
  @Test
  void besideWritersInJavaAndReaders() throws InterruptedException {
    int words = 6;
    VmMap map = maps.create(MapSpec.of("h", MapType.HASH, 4, 8 * words, 8, 0));
    for (int key = 0; key < 8; key++) {
      map.update(key(key), new byte[8 * words], BpfMap.ANY);
    }
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    int rounds = Integer.getInteger("skep.rounds", 60_000);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CPUS; i++) {
      int number = i;
      threads.add(start(failure, () -> updateInCode(map, words, number, rounds)));
    }
    threads.add(start(failure, () -> updateInJava(map, words, rounds / 4)));
    threads.add(start(failure, () -> read(map, words, rounds / 4)));
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failure.get()).isNull();
    assertThat(inJava.get()).isPositive();
    int there = 0;
    for (int key = 0; key < 8; key++) {
      there += map.lookup(key(key)) == null ? 0 : 1;
    }
    assertThat(map.elementCount()).isEqualTo(there);
    // Every element is still there to be used.
    for (int key = 0; key < 8; key++) {
      map.update(key(key), new byte[8 * words], BpfMap.ANY);
    }
    map.close();
  }

  private static Thread start(AtomicReference<@Nullable Throwable> failure, Runnable work) {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            work.run();
          } catch (Throwable thrown) {
            failure.compareAndSet(null, thrown);
          }
        });
  }

  private static byte[] key(int number) {
    return new byte[] {(byte) number, 0, 0, 0};
  }

  private void updateInCode(VmMap map, int words, int number, int rounds) {
    long memory = Memory.allocate(512);
    Random random = new Random(number);
    for (int i = 0; i < rounds; i++) {
      Memory.putInt(memory + 64, random.nextInt(8));
      for (int word = 0; word < words; word++) {
        Memory.putLong(memory + 128 + 8L * word, (long) i * CPUS + number);
      }
      Cpu cpu = machine.cpus().enter(number);
      long result = update(cpu, memory, map, memory + 64, memory + 128, random.nextInt(2) * 2L);
      machine.cpus().leave();
      assertThat(result).isIn(0L, (long) -Errno.ENOENT, (long) -Errno.E2BIG);
    }
    Memory.free(memory);
  }

  private static void updateInJava(VmMap map, int words, int rounds) {
    Random random = new Random(99);
    byte[] value = new byte[8 * words];
    for (int i = 0; i < rounds; i++) {
      int key = random.nextInt(8);
      if (key > 1 && random.nextBoolean()) {
        deleteIfThere(map, key(key));
      } else {
        Arrays.fill(value, (byte) i);
        map.update(key(key), value, BpfMap.ANY);
      }
    }
  }

  private static void deleteIfThere(VmMap map, byte[] key) {
    try {
      map.delete(key);
    } catch (BpfErrnoException absent) {
      assertThat(absent.errno()).isEqualTo(Errno.ENOENT);
    }
  }

  private static void read(VmMap map, int words, int rounds) {
    for (int i = 0; i < rounds; i++) {
      int key = i % 8;
      byte[] value = map.lookup(key(key));
      assertThat(value != null || key > 1).isTrue();
      if (value != null) {
        byte[] first = Arrays.copyOf(value, 8);
        for (int word = 1; word < words; word++) {
          assertThat(Arrays.copyOfRange(value, 8 * word, 8 * word + 8)).isEqualTo(first);
        }
      }
    }
  }
}
