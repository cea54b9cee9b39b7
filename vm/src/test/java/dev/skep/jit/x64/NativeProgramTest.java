package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.Assembler;
import dev.skep.jit.Linkage;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.natives.CpuFeatures;
import dev.skep.natives.Memory;
import dev.skep.natives.PerCpuRegion;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.program.layout.BpfProgLayout;
import dev.skep.program.layout.XdpBuffLayout;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs run in this process and give what their instructions mean, in both layouts. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class NativeProgramTest {
  private final boolean kernelLayout;

  private static final int JAVA_HELPER = 1000;

  @SuppressWarnings("NullAway.Init")
  private PerCpuRegion region;

  @SuppressWarnings("NullAway.Init")
  private List<Cpu> cpus;

  @SuppressWarnings("NullAway.Init")
  private X64Text text;

  private final TestLinkage linkage = new TestLinkage();
  private final List<Long> blocks = new ArrayList<>();

  NativeProgramTest(boolean kernelLayout) {
    this.kernelLayout = kernelLayout;
  }

  private final class TestLinkage implements Linkage {
    final Map<Integer, Long> upcalls = new HashMap<>();
    final List<Long> maps = new ArrayList<>();

    @Override
    public long mapAddress(int map) {
      return maps.get(map);
    }

    @Override
    public long mapValueAddress(int map, int offset) {
      return maps.get(map) + offset;
    }

    @Override
    public long variableAddress(KernelVariable variable) {
      return maps.getLast();
    }

    @Override
    public long functionAddress(int number) {
      Long upcall = upcalls.get(number);
      if (upcall != null) {
        return upcall;
      }
      for (NativeHelper helper : NativeHelper.values()) {
        if (helper.number() == number) {
          return text.helper(helper);
        }
      }
      throw new IllegalArgumentException("no function " + number);
    }

    @Override
    public boolean isUpcall(int number) {
      return upcalls.containsKey(number);
    }
  }

  @BeforeEach
  void open() {
    Assumptions.assumeTrue(
        CpuFeatures.host().x64() && CpuFeatures.host().fsgsbase(),
        "execution of machine code needs x86-64 linux with fsgsbase");
    region = new PerCpuRegion(2);
    cpus = List.of(new Cpu(0, region.base(0)), new Cpu(1, region.base(1)));
    text = new X64Text(cpus, kernelLayout);
  }

  @AfterEach
  void close() {
    if (text != null) {
      text.close();
      region.close();
    }
    blocks.forEach(Memory::free);
  }

  private long block(int bytes) {
    long block = Memory.allocate(bytes);
    blocks.add(block);
    return block;
  }

  private NativeProgram load(String source, int stack, int... functionStarts) {
    return load(source, stack, false, functionStarts);
  }

  private NativeProgram load(String source, int stack, boolean tailCalls, int... functionStarts) {
    long[] insns = Assembler.assemble(source);
    List<RunnableProgram.Function> functions = new ArrayList<>();
    for (int i = 0; i <= functionStarts.length; i++) {
      int start = i == 0 ? 0 : functionStarts[i - 1];
      int end = i == functionStarts.length ? insns.length : functionStarts[i];
      functions.add(
          new RunnableProgram.Function(start, end, stack, tailCalls, false, false, false));
    }
    return text.load(
        new JitInput(insns, functions, List.of(), TailCallDialect.LINUX_6_18, false, 0, 0),
        linkage);
  }

  private long run(String source) {
    return load(source, 64).run(0, cpus.getFirst());
  }

  private void java(BpfFunction function) {
    linkage.upcalls.put(JAVA_HELPER, text.register(function));
  }

  @Test
  void anEmptyProgramEntersPlainly() {
    NativeProgram program = load("r0 = 2\nexit", 0);
    assertThat(program.entry()).isEqualTo(NativeProgram.Entry.CRITICAL);
    for (NativeProgram.Entry entry : NativeProgram.Entry.values()) {
      assertThat(program.run(entry, 0, cpus.getFirst())).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r0 = 0x123456789abcdef0 ll; w0 += 1          | 0x9abcdef1",
        "r0 = -7; r1 = 2; r0 s/= r1                   | 0xfffffffffffffffd",
        "r0 = -7; r0 s%= 3                            | 0xffffffffffffffff",
        "r0 = -1; r3 = 16; r0 /= r3                   | 0x0fffffffffffffff",
        "r3 = 100; r0 = 7; r3 %= r0; r0 = r3          | 2",
        "r0 = 1; r4 = 63; r0 <<= r4                   | 0x8000000000000000",
        "r4 = -16; r1 = 2; r4 s>>= r1; r0 = r4        | 0xfffffffffffffffc",
        "r0 = -16; r7 = 28; w0 >>= w7                 | 0xf",
        "r0 = 0x0102030405060708 ll; r0 = be64 r0     | 0x0807060504030201",
        "r0 = 0x0102030405060708 ll; r0 = be16 r0     | 0x0807",
        "r0 = 0x0102030405060708 ll; r0 = bswap32 r0  | 0x08070605",
        "r0 = 0x0102030405060708 ll; r0 = le16 r0     | 0x0708",
        "r1 = 0x80; r0 = (s8)r1                       | 0xffffffffffffff80",
        "r1 = 0x8000; w0 = (s16)w1                    | 0xffff8000",
        "r5 = 3; r0 = 5; r0 *= r5; r0 *= 1000         | 15000",
        "r0 = 5; r0 = -r0                             | 0xfffffffffffffffb",
        "r9 = 0xff; r9 ^= 0xf; r0 = r9                | 0xf0",
      })
  void arithmetic(String source, String expected) {
    long value =
        Long.parseUnsignedLong(expected.replace("0x", ""), expected.contains("x") ? 16 : 10);
    assertThat(run(source.replace(";", "\n") + "\nexit")).isEqualTo(value);
  }

  @Test
  void stackAndAtomics() {
    assertThat(
            run(
                """
                r1 = 5
                *(u64 *)(r10 -8) = r1
                r2 = 3
                r2 = atomic64_fetch_add((u64 *)(r10 -8), r2)
                r0 = 1
                r0 = atomic64_fetch_or((u64 *)(r10 -8), r0)
                r3 = *(u64 *)(r10 -8)
                r0 *= 100
                r0 += r3
                r2 *= 10000
                r0 += r2
                exit
                """))
        .isEqualTo(5 * 10000 + 8 * 100 + 9);
  }

  @Test
  void loopsAndSubprograms() {
    NativeProgram program =
        load(
            """
            r6 = 10
            r7 = 0
            again: r1 = r6
            call square
            r7 += r0
            r6 += -1
            if r6 != 0 goto again
            r0 = r7
            exit
            square: r0 = r1
            r0 *= r1
            exit
            """,
            0,
            9);
    assertThat(program.run(0, cpus.getFirst())).isEqualTo(385);
    assertThat(program.code().functions()).isEqualTo(2);
  }

  @Test
  void eachCpuSeesItsOwnArea() {
    long offset = region.allocate(8, 8);
    linkage.maps.add(offset);
    NativeProgram program =
        load(
            """
            r1 = map[0][0]
            r0 = r1
            .word 0xffff00bf
            r2 = *(u64 *)(r0 +0)
            r2 += 1
            *(u64 *)(r0 +0) = r2
            r0 = 64
            .word 0xffff00bf
            r0 = *(u32 *)(r0 +0)
            exit
            """,
            0);
    assertThat(program.entry()).isEqualTo(NativeProgram.Entry.CRITICAL);
    assertThat(program.run(0, cpus.get(1))).isEqualTo(1);
    assertThat(program.run(0, cpus.get(1))).isEqualTo(1);
    assertThat(program.run(0, cpus.get(0))).isEqualTo(0);
    assertThat(Memory.getLong(region.address(offset, 0))).isEqualTo(1);
    assertThat(Memory.getLong(region.address(offset, 1))).isEqualTo(2);
  }

  @Test
  void javaFunctionsGetArgumentsAndCpu() {
    java((cpu, r1, r2, r3, r4, r5) ->
        cpu.number() * 1_000_000L + r1 * 10000 + r2 * 1000 + r3 * 100 + r4 * 10 + r5);
    NativeProgram program =
        load(
            """
            r6 = 7
            *(u8 *)(r10 -1) = r6
            r1 = 1
            r2 = 2
            r3 = 3
            r4 = 4
            r5 = 5
            call #1000
            r0 += r6
            exit
            """,
            1);
    assertThat(program.entry()).isEqualTo(NativeProgram.Entry.GUARDED);
    assertThat(program.run(0, cpus.get(1))).isEqualTo(1_012_352);
  }

  @Test
  void whatJavaThrowsEndsTheRunAndComesOut() {
    List<String> calls = new ArrayList<>();
    java((cpu, r1, r2, r3, r4, r5) -> {
      calls.add("call " + r1);
      if (r1 == 1) {
        throw new IllegalStateException("no honey");
      }
      return 5;
    });
    NativeProgram program =
        load(
            """
            r6 = r1
            call inner
            exit
            inner: r1 = r6
            call #1000
            r1 = 0
            r1 = *(u64 *)(r1 +0)
            exit
            """,
            8,
            3);
    NativeProgram good = load("r1 = 0\ncall #1000\nexit", 0);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> program.run(1, cpus.getFirst()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no honey");
      assertThat(good.run(0, cpus.getFirst())).isEqualTo(5);
    }
    assertThat(calls).hasSize(6);
  }

  @Test
  void runsNestAndErrorsPassThroughAll() {
    NativeProgram[] programs = new NativeProgram[1];
    java((cpu, r1, r2, r3, r4, r5) -> {
      if (r1 == 0) {
        throw new UnsupportedException("the bottom");
      }
      return programs[0].run(r1 - 1, cpu) + 1;
    });
    programs[0] = load("call #1000\nexit", 0);
    assertThatThrownBy(() -> programs[0].run(5, cpus.getFirst()))
        .isInstanceOf(UnsupportedException.class)
        .hasMessage("the bottom");
    java((cpu, r1, r2, r3, r4, r5) -> r1 == 0 ? 0 : programs[0].run(r1 - 1, cpu) + 1);
    programs[0] = load("call #1000\nexit", 0);
    assertThat(programs[0].run(20, cpus.getFirst())).isEqualTo(20);
  }

  @Test
  void aStackThatEndsIsAnErrorAndNotTheEndOfTheJvm() {
    NativeProgram[] programs = new NativeProgram[1];
    java((cpu, r1, r2, r3, r4, r5) -> programs[0].run(r1, cpu) + 1);
    programs[0] = load("call #1000\nexit", 0);
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> programs[0].run(0, cpus.getFirst()))
          .isInstanceOf(StackOverflowError.class);
    }
    java((cpu, r1, r2, r3, r4, r5) -> r1);
    NativeProgram leaf = load("call #1000\nexit", 0);
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> recurse(leaf)).isInstanceOf(StackOverflowError.class);
    }
    assertThat(leaf.run(3, cpus.getFirst())).isEqualTo(3);
  }

  @SuppressWarnings("InfiniteRecursion") // that is the point
  private long recurse(NativeProgram leaf) {
    return leaf.run(1, cpus.getFirst()) + recurse(leaf);
  }

  @Test
  void threadsTakeTurnsOnOneCpu() throws InterruptedException {
    java((cpu, r1, r2, r3, r4, r5) -> r1 + cpu.number());
    NativeProgram program = load("call #1000\nexit", 0);
    List<Throwable> failures = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      int cpu = i / 10 % 2;
      Runnable run = () -> assertThat(program.run(7, cpus.get(cpu))).isEqualTo(7 + cpu);
      Thread.Builder builder = i % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual();
      Thread thread = builder.unstarted(run);
      thread.setUncaughtExceptionHandler((t, thrown) -> failures.add(thrown));
      thread.start();
      thread.join();
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void callbacksRunFromMachineCodeAndFromJava() {
    String source =
        """
        r7 = 0
        *(u64 *)(r10 -8) = r7
        r1 = 10
        r2 = subprog[body]
        r3 = r10
        r3 += -8
        r4 = 0
        call #NUMBER
        r1 = *(u64 *)(r10 -8)
        r0 *= 1000
        r0 += r1
        exit
        body: r3 = *(u64 *)(r2 +0)
        r3 += r1
        *(u64 *)(r2 +0) = r3
        r0 = 0
        if r1 != 6 goto +1
        r0 = 1
        exit
        """;
    NativeProgram loop = load(source.replace("NUMBER", "181"), 8, 13);
    assertThat(loop.entry()).isEqualTo(NativeProgram.Entry.LONG);
    assertThat(loop.run(0, cpus.getFirst())).isEqualTo(7021);
    java((cpu, r1, r2, r3, r4, r5) -> {
      for (long i = 0; i < r1; i++) {
        if (cpu.callback().call(r2, i, r3, 0, 0, 0) != 0) {
          return i + 1;
        }
      }
      return r1;
    });
    assertThat(load(source.replace("NUMBER", "1000"), 8, 13).run(0, cpus.getFirst()))
        .isEqualTo(7021);
  }

  @Test
  void clocksAndRandomNumbers() {
    NativeProgram clock = load("call #5\nexit", 0);
    long before = System.nanoTime();
    long now = clock.run(0, cpus.getFirst());
    assertThat(now - before).isBetween(0L, 1_000_000_000L);
    assertThat(load("call #125\nexit", 0).run(0, cpus.getFirst())).isPositive();
    NativeProgram random = load("call #7\nexit", 0);
    assertThat(random.entry()).isEqualTo(NativeProgram.Entry.CRITICAL);
    long first = random.run(0, cpus.getFirst());
    assertThat(first).isBetween(0L, 0xffffffffL);
    assertThat(random.run(0, cpus.getFirst())).isNotEqualTo(first);
  }

  @Test
  void timedMayGotoEndsAfterItsSlice() {
    NativeProgram program =
        load(
            """
            r1 = 0xffff
            *(u64 *)(r10 -16) = r1
            r1 = 0
            *(u64 *)(r10 -8) = r1
            r0 = 0
            again: r11 = *(u64 *)(r10 -16)
            if r11 == 0 goto done
            r11 -= 1
            if r11 != 0 goto +2
            r11 = -16
            call #NUMBER
            *(u64 *)(r10 -16) = r11
            r0 += 1
            goto again
            done: exit
            """
                .replace("NUMBER", "" + NativeHelper.TIMED_MAY_GOTO.number()),
            16);
    long start = System.nanoTime();
    long turns = program.run(0, cpus.getFirst());
    assertThat(System.nanoTime() - start).isBetween(200_000_000L, 5_000_000_000L);
    assertThat(turns).isGreaterThan(0x10000);
  }

  @Test
  void tailCallsStopAfterThirtyThree() {
    long array = block(BpfArrayLayout.PTRS + 2 * 8 * 4);
    Memory.putInt(array + BpfMapLayout.MAX_ENTRIES, 4);
    linkage.maps.add(array);
    NativeProgram chain =
        load(
            """
            r6 = r1
            r7 = *(u64 *)(r6 +0)
            r7 += 1
            *(u64 *)(r6 +0) = r7
            r2 = map[0]
            r3 = 2
            r1 = r6
            tail_call 0
            r0 = 77
            exit
            """,
            16,
            true);
    long program = block(BpfProgLayout.SIZE);
    Memory.putLong(program + BpfProgLayout.BPF_FUNC, chain.image());
    long ctx = block(8);
    assertThat(chain.run(ctx, cpus.getFirst())).isEqualTo(77); // the slot is empty
    assertThat(Memory.getLong(ctx)).isEqualTo(1);
    Memory.putLong(array + BpfArrayLayout.PTRS + 8 * 2, program);
    long cachedTarget = array + BpfArrayLayout.PTRS + 8 * (4 + 2);
    Memory.putLong(cachedTarget, chain.tailCallEntry());
    Memory.putLong(ctx, 0);
    assertThat(chain.run(ctx, cpus.getFirst())).isEqualTo(77);
    assertThat(Memory.getLong(ctx)).isEqualTo(34);
    NativeProgram target = load("r0 = 99\nexit", 0);
    Memory.putLong(program + BpfProgLayout.BPF_FUNC, target.image());
    Memory.putLong(cachedTarget, target.tailCallEntry());
    assertThat(chain.run(ctx, cpus.getFirst())).isEqualTo(99);
    assertThat(chain.entry()).isEqualTo(NativeProgram.Entry.GUARDED);
    assertThat(chain.entry(List.of(target))).isEqualTo(NativeProgram.Entry.CRITICAL);
  }

  @Test
  void batchesRunInOneCall() {
    NativeProgram length =
        load(
            """
            r2 = *(u64 *)(r1 +0)
            r0 = *(u64 *)(r1 +8)
            r0 -= r2
            r3 = *(u8 *)(r2 +0)
            r0 += r3
            r2 += 1
            *(u64 *)(r1 +0) = r2
            exit
            """,
            0);
    int count = 100;
    long packets = block(count * 64);
    long items = block(count * BatchLayout.XDP_SIZE);
    for (int i = 0; i < count; i++) {
      long item = items + i * BatchLayout.XDP_SIZE;
      long packet = packets + i * 64;
      Memory.putByte(packet, (byte) i);
      Memory.putLong(item + BatchLayout.XDP_DATA, packet);
      Memory.putLong(item + BatchLayout.XDP_DATA_META, packet);
      Memory.putLong(item + BatchLayout.XDP_DATA_END, packet + i % 60);
    }
    long batch = block(BatchLayout.SIZE);
    long buff = block(XdpBuffLayout.SIZE);
    Memory.putLong(batch + BatchLayout.CTX, buff);
    Memory.putLong(batch + BatchLayout.FIRST_ITEM, items);
    Memory.putLong(batch + BatchLayout.COUNT, count);
    Memory.putLong(batch + BatchLayout.HEADROOM, 256);
    length.run(length.entry(), BatchKind.XDP, batch, cpus.getFirst());
    for (int i = 0; i < count; i++) {
      long item = items + i * BatchLayout.XDP_SIZE;
      assertThat(Memory.getInt(item + BatchLayout.XDP_RETVAL)).isEqualTo(i % 60 + i);
      assertThat(Memory.getLong(item + BatchLayout.XDP_DATA)).isEqualTo(packets + i * 64 + 1);
    }
    long lastPacket = packets + (count - 1) * 64;
    assertThat(Memory.getLong(buff + XdpBuffLayout.DATA_HARD_START)).isEqualTo(lastPacket - 256);
  }

  @Test
  void repeatsAndContexts() {
    NativeProgram increment = load("r0 = *(u64 *)(r1 +0)\nr0 += 1\n*(u64 *)(r1 +0) = r0\nexit", 0);
    long ctx = block(8);
    long batch = block(BatchLayout.SIZE);
    Memory.putLong(batch + BatchLayout.CTX, ctx);
    Memory.putLong(batch + BatchLayout.COUNT, 1_000_000);
    assertThat(increment.run(increment.entry(), BatchKind.REPEAT, batch, cpus.getFirst()))
        .isEqualTo(1_000_000);
    long items = block(3 * BatchLayout.ITEM_SIZE);
    for (int i = 0; i < 3; i++) {
      Memory.putLong(items + i * BatchLayout.ITEM_SIZE + BatchLayout.ITEM_CTX, ctx);
    }
    Memory.putLong(batch + BatchLayout.FIRST_ITEM, items);
    Memory.putLong(batch + BatchLayout.COUNT, 3);
    increment.run(NativeProgram.Entry.GUARDED, BatchKind.CONTEXTS, batch, cpus.getFirst());
    assertThat(Memory.getInt(items + 2 * BatchLayout.ITEM_SIZE + BatchLayout.ITEM_RETVAL))
        .isEqualTo(1_000_003);
    Memory.putLong(batch + BatchLayout.COUNT, 0);
    assertThatThrownBy(
            () -> increment.run(increment.entry(), BatchKind.REPEAT, batch, cpus.getFirst()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void programsComeAndGoWhileOthersRun() throws InterruptedException {
    java((cpu, r1, r2, r3, r4, r5) -> r1);
    NativeProgram upcall = load("call #1000\nexit", 0);
    NativeProgram plain = load("r0 = r1\nexit", 0);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong wrong = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (Cpu cpu : cpus) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (long i = 0; !stop.get(); i++) {
                  NativeProgram program = i % 2 == 0 ? upcall : plain;
                  wrong.addAndGet(program.run(i, cpu) == i ? 0 : 1);
                }
              }));
    }
    Cpu third = new Cpu(0, region.base(0));
    for (int i = 0; i < 3000; i++) {
      NativeProgram program = load("r0 = " + i + "\nexit", 0);
      assertThat(program.run(0, third)).isEqualTo(i);
      program.free();
    }
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).hasValue(0);
  }

  @Test
  void freedTextIsUsedAgain() {
    long before = text.usedBytes();
    for (int i = 0; i < 1000; i++) {
      NativeProgram program = load("r0 = " + i + "\nexit", 0);
      assertThat(program.run(0, cpus.getFirst())).isEqualTo(i);
      program.free();
    }
    assertThat(text.usedBytes()).isEqualTo(before);
  }
}
