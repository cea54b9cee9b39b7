package dev.skep.bench;

import dev.skep.engine.BpfMap;
import dev.skep.engine.TestRun;
import dev.skep.isa.Assembler;
import dev.skep.jit.Linkage;
import dev.skep.jit.x64.BatchKind;
import dev.skep.jit.x64.BatchLayout;
import dev.skep.jit.x64.NativeHelper;
import dev.skep.jit.x64.NativeProgram;
import dev.skep.jit.x64.X64Text;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelProgram;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.map.Maps;
import dev.skep.map.VmMap;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.program.layout.XdpBuffLayout;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.Rewriter;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What it costs to get into machine code, and small programs once there: from Java one by one, in
 * the native loops, and beside them the running kernel's BPF_PROG_TEST_RUN.
 */
public final class EntryBench {
  private static final int ROUNDS = 400;
  private static final int CALLS = 20_000;
  private static final int PACKETS = 4096;
  private static final int PACKET_ROOM = 512;
  private static final int HEADROOM = 256;
  private static final int PACKET_LENGTH = 64;
  private static final int KERNEL_REPEAT = 200_000;

  private static final String LOOKUP =
      """
      r1 = 0
      *(u32 *)(r10 -4) = r1
      r2 = r10
      r2 += -4
      r1 = map[0]
      call bpf_map_lookup_elem#1
      if r0 == 0 goto out
      r1 = *(u64 *)(r0 +0)
      r1 += 1
      *(u64 *)(r0 +0) = r1
      out: r0 = 2
      exit
      """;

  /** A program to measure, and the map it uses. */
  private record Case(String name, String source, List<MapSpec> maps) {}

  private static final List<Case> CASES =
      List.of(
          new Case("empty", "r0 = 2\nexit", List.of()),
          new Case("array increment", LOOKUP, List.of(map(MapType.ARRAY))),
          new Case("per-CPU increment", LOOKUP, List.of(map(MapType.PERCPU_ARRAY))),
          new Case("hash increment", LOOKUP, List.of(map(MapType.HASH))),
          new Case("ktime_get_ns", "call bpf_ktime_get_ns#5\nr0 = 2\nexit", List.of()));

  private EntryBench() {}

  private static MapSpec map(MapType type) {
    return MapSpec.of("counts", type, 4, 8, 4, 0);
  }

  public static void main(String[] args) {
    System.out.printf("%-20s %-16s %8s %8s  ns/run%n", "program", "how", "min", "median");
    try (Machine machine = Machine.ofCpus(1)) {
      Maps maps = new Maps(machine);
      try (X64Text text = new X64Text(List.of(machine.cpus().at(0)))) {
        for (Case each : CASES) {
          measure(each, machine, maps, text);
          kernel(each);
        }
      }
    }
  }

  private static Program program(Case each) {
    long[] insns = Assembler.assemble(each.source);
    return Program.of("bench", ProgramType.XDP, "GPL", insns, each.maps);
  }

  private static void measure(Case each, Machine machine, Maps maps, X64Text text) {
    List<VmMap> own = new ArrayList<>();
    Cpu cpu = machine.cpus().enter();
    for (MapSpec spec : each.maps) {
      VmMap map = maps.create(spec);
      map.update(new byte[4], new byte[8], 0);
      own.add(map);
    }
    if (!(Verifier.verify(program(each), VerifierOptions.standard())
        instanceof Verdict.Accepted accepted)) {
      throw new IllegalStateException("not accepted: " + each.name);
    }
    NativeProgram code = text.load(Rewriter.rewrite(accepted.program()), new Addresses(own, text));
    long buff = Memory.allocate(XdpBuffLayout.SIZE);
    long packets = Memory.allocate((long) PACKETS * PACKET_ROOM);
    long items = Memory.allocate((long) PACKETS * BatchLayout.XDP_SIZE);
    long batch = Memory.allocate(BatchLayout.SIZE);
    fill(items, packets, batch, buff);
    print(each, "from Java", CALLS, () -> calls(code, buff, cpu));
    print(each, "native repeat", PACKETS, () -> code.run(BatchKind.REPEAT, batch, cpu));
    print(each, "packet loop", PACKETS, () -> code.run(BatchKind.XDP, batch, cpu));
    machine.cpus().leave();
    List.of(buff, packets, items, batch).forEach(Memory::free);
    own.forEach(VmMap::close);
  }

  private static long calls(NativeProgram code, long ctx, Cpu cpu) {
    long sum = 0;
    for (int i = 0; i < CALLS; i++) {
      sum += code.run(ctx, cpu);
    }
    return sum;
  }

  private static void fill(long items, long packets, long batch, long buff) {
    for (int i = 0; i < PACKETS; i++) {
      long item = items + (long) i * BatchLayout.XDP_SIZE;
      long data = packets + (long) i * PACKET_ROOM + HEADROOM;
      Memory.putLong(item + BatchLayout.XDP_DATA, data);
      Memory.putLong(item + BatchLayout.XDP_DATA_META, data);
      Memory.putLong(item + BatchLayout.XDP_DATA_END, data + PACKET_LENGTH);
    }
    Memory.putLong(batch + BatchLayout.CTX, buff);
    Memory.putLong(batch + BatchLayout.FIRST_ITEM, items);
    Memory.putLong(batch + BatchLayout.COUNT, PACKETS);
    Memory.putLong(batch + BatchLayout.HEADROOM, HEADROOM);
  }

  private static void print(Case each, String how, int runs, LongSupplier work) {
    Measure.Round round =
        () -> {
          long start = System.nanoTime();
          long result = work.getAsLong();
          long nanos = System.nanoTime() - start;
          // Never, but the compiler cannot know that the result is not needed.
          return result == Long.MIN_VALUE + 1 ? 0 : (double) nanos / runs;
        };
    System.out.printf(
        "%-20s %-16s %s%n", each.name, how, Measure.interleaved(ROUNDS, round)[0].text());
  }

  /** The kernel tells its own mean over the repeats, in whole nanoseconds. */
  private static void kernel(Case each) {
    KernelEngine.Availability availability = KernelEngine.available();
    if (!availability.available()) {
      System.out.printf("%-20s %-16s skipped: %s%n", each.name, "kernel", availability.reason());
      return;
    }
    KernelEngine engine = KernelEngine.host();
    List<BpfMap> maps = new ArrayList<>();
    for (MapSpec spec : each.maps) {
      maps.add(engine.createMap(spec));
    }
    try (KernelProgram program = engine.load(program(each), maps)) {
      long best = Long.MAX_VALUE;
      for (int round = 0; round < 20; round++) {
        TestRun run = TestRun.of(new byte[PACKET_LENGTH]).withRepeat(KERNEL_REPEAT);
        best = Math.min(best, program.testRun(run).durationNanos());
      }
      System.out.printf("%-20s %-16s %8d%n", each.name, "kernel", best);
    }
    maps.forEach(BpfMap::close);
  }

  private record Addresses(List<VmMap> maps, X64Text text) implements Linkage {
    @Override
    public long mapAddress(int map) {
      return maps.get(map).address();
    }

    @Override
    public long mapValueAddress(int map, int offset) {
      return maps.get(map).directValue() + offset;
    }

    @Override
    public long variableAddress(KernelVariable variable) {
      throw new IllegalStateException("no program here reads " + variable.symbol());
    }

    @Override
    public long functionAddress(int number) {
      for (NativeHelper helper : NativeHelper.values()) {
        if (helper.number() == number) {
          return text.helper(helper);
        }
      }
      throw new IllegalStateException("no program here calls function " + number);
    }

    @Override
    public boolean isUpcall(int number) {
      return false;
    }
  }
}
