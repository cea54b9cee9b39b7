package dev.skep.tests.freplace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.Freplace;
import dev.skep.engine.Link;
import dev.skep.engine.Links;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PacketBatch;
import dev.skep.engine.PreparedRun;
import dev.skep.engine.TestRun;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.object.BpfObject;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Extensions in the place of functions, on every engine. */
class ExtensionTest {
  private static final byte[] PACKET = Engines.packet(0, 64);

  private static int run(LoadedProgram program) {
    return program.testRun(TestRun.of(PACKET)).retval();
  }

  private static void assertErrno(ThrowingCallable call, int errno) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BpfErrnoException.class, refused -> assertThat(refused.errno()).isEqualTo(errno));
  }

  private static void put(BpfMap array, int slot, LoadedProgram program) {
    array.update(Engines.u32(slot), Engines.u32(program.slotValue()), BpfMap.ANY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void replacesAFunctionWhileTheLinkExists(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram entry = all.target("entry");
      LoadedProgram sub = all.extension("new_sub", entry);
      LoadedProgram scale = all.extension("new_scale", entry);
      assertThat(run(entry)).isEqualTo(112);
      try (Link first = sub.attach()) {
        assertThat(run(entry)).isEqualTo(512);
        try (Link second = scale.attach()) {
          assertThat(run(entry)).isEqualTo(507);
          assertThat(second.info().type()).isEqualTo("tracing");
          assertThat(second.info().id()).isNotEqualTo(first.info().id());
        }
        assertThat(run(entry)).isEqualTo(512);
      }
      assertThat(run(entry)).isEqualTo(112);
      assertThat(all.first("extend")).isEqualTo(3);
      assertThat(all.first("target")).isEqualTo(5);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void hasMapsHelpersStackAndSubprogramsOfItsOwn(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram entry = all.target("entry");
      LoadedProgram busy = all.extension("busy_sub", entry);
      LoadedProgram tracing = all.extension("tracing_sub", entry);
      try (Link _ = busy.attach()) {
        assertThat(run(entry)).isEqualTo(6412);
        assertThat(all.map("extend counts").lookup(Engines.u32(2))).isEqualTo(Engines.u64(64));
      }
      // The target itself never leaves machine code; the extension does.
      try (Link _ = tracing.attach()) {
        assertThat(run(entry)).isEqualTo(612);
      }
      assertThat(run(entry)).isEqualTo(112);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void keepsTheCallersRegisters(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram keeping = all.target("keeping");
      LoadedProgram scale = all.extension("new_scale", keeping);
      LoadedProgram greedy = all.extension("greedy_scale", keeping);
      assertThat(run(keeping)).isEqualTo(419);
      try (Link _ = scale.attach()) {
        assertThat(run(keeping)).isEqualTo(249);
      }
      try (Link _ = greedy.attach()) {
        assertThat(run(keeping)).isEqualTo(269);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void replacesAWholeProgram(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram entry = all.target("entry");
      LoadedProgram whole = all.extension("new_entry", entry);
      LoadedProgram sub = all.extension("new_sub", entry);
      try (Link _ = sub.attach()) {
        try (Link _ = whole.attach()) {
          assertThat(run(entry)).isEqualTo(1234);
        }
        assertThat(run(entry)).isEqualTo(512);
      }
      assertThat(run(entry)).isEqualTo(112);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void preparedRunsAndBatchesSeeIt(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram entry = all.target("xdp_entry");
      LoadedProgram sub = all.extension("new_xdp_sub", entry);
      try (PreparedRun prepared = entry.prepare(TestRun.of(PACKET))) {
        assertThat(prepared.run()).isEqualTo(2);
        try (Link _ = sub.attach()) {
          assertThat(prepared.run()).isEqualTo(3);
          assertThat(entry.testRun(TestRun.of(PACKET)).data()).startsWith((byte) 0x42);
          assertThat(batch(entry)).containsOnly(3);
        }
        assertThat(prepared.run()).isEqualTo(2);
        assertThat(batch(entry)).containsOnly(2);
      }
    }
  }

  private static int[] batch(LoadedProgram program) {
    PacketBatch batch = new PacketBatch();
    for (int i = 0; i < 3; i++) {
      batch.add(PACKET);
    }
    program.run(batch);
    int[] results = new int[batch.count()];
    for (int i = 0; i < results.length; i++) {
      results[i] = batch.retval(i);
    }
    return results;
  }

  /** As Linux's machine code has it: an extension is the entry of a main program. */
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void countsItsTailCallsFromTheStart(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram twice = all.target("twice");
      LoadedProgram again = all.target("again");
      LoadedProgram jumping = all.extension("jumping_ext", twice);
      put(all.map("jumps"), 2, again);
      assertThat(run(twice)).isEqualTo(9009);
      try (Link _ = jumping.attach()) {
        assertThat(run(twice)).isEqualTo(5005);
        assertThat(all.first("target")).isEqualTo(2 + 2 * 33);
        assertThat(all.first("extend")).isEqualTo(2);
      }
    }
  }

  @Check(9)
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void extensionsGoIntoNoArray(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram jumping = all.target("jumping");
      LoadedProgram sub = all.extension("new_sub", jumping);
      BpfMap jumps = all.map("jumps");
      assertErrno(() -> put(jumps, 0, sub), Errno.EINVAL);
      try (Link _ = sub.attach()) {
        assertErrno(() -> put(jumps, 0, sub), Errno.EINVAL);
      }
    }
  }

  @Check(10)
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void extendedProgramsGoIntoNoArray(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram jumping = all.target("jumping");
      LoadedProgram sub = all.extension("new_sub", jumping);
      BpfMap jumps = all.map("jumps");
      try (Link _ = sub.attach()) {
        assertErrno(() -> put(jumps, 0, jumping), Errno.EBUSY);
        assertThat(jumps.lookup(Engines.u32(0))).isNull();
      }
      put(jumps, 0, jumping);
      assertThat(run(jumping)).isEqualTo(3);
    }
  }

  @Check(11)
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void membersOfArraysAreNotExtended(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram jumping = all.target("jumping");
      LoadedProgram sub = all.extension("new_sub", jumping);
      BpfMap jumps = all.map("jumps");
      put(jumps, 0, jumping);
      put(jumps, 3, jumping);
      assertErrno(sub::attach, Errno.EBUSY);
      jumps.delete(Engines.u32(0));
      assertErrno(sub::attach, Errno.EBUSY);
      jumps.delete(Engines.u32(3));
      try (Link _ = sub.attach()) {
        assertThat(run(jumping)).isEqualTo(5);
      }
      assertThat(run(jumping)).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void programsStayOutOfArraysUntilTheLastExtensionIsGone(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram entry = all.target("entry");
      LoadedProgram jumping = all.target("jumping");
      LoadedProgram sub = all.extension("new_sub", entry);
      LoadedProgram scale = all.extension("new_scale", entry);
      Link first = sub.attach();
      try (Link _ = scale.attach()) {
        first.close();
        first.close();
        if (!engine.equals("linux")) {
          // Linux forgets the one that is left.
          assertErrno(() -> put(all.map("jumps"), 0, entry), Errno.EBUSY);
        }
      }
      put(all.map("jumps"), 0, entry);
      assertThat(run(jumping)).isEqualTo(112);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void isAttachedToSeveral(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram entry = all.target("entry");
      LoadedProgram jumping = all.target("jumping");
      LoadedProgram xdp = all.target("xdp_entry");
      LoadedProgram sub = all.extension("new_sub", entry);
      LoadedProgram other = all.extension("busy_sub", entry);
      try (Link _ = sub.attach();
          Link _ = sub.attach(Freplace.of(jumping, "sub"))) {
        assertThat(run(entry)).isEqualTo(512);
        assertThat(run(jumping)).isEqualTo(5);
        assertErrno(() -> other.attach(), Errno.EBUSY);
        assertErrno(() -> sub.attach(Freplace.of(entry, "sub")), Errno.EBUSY);
        assertErrno(() -> sub.attach(Freplace.of(entry, "nothing")), Errno.ENOENT);
        assertErrno(() -> sub.attach(Freplace.of(entry, "scale")), Errno.EINVAL);
        assertErrno(() -> sub.attach(Freplace.of(xdp, "xdp_sub")), Errno.EINVAL);
        // It no longer knows what it was loaded for.
        assertErrno(sub::attach, Errno.EINVAL);
      }
      try (Link _ = sub.attach(Freplace.of(entry, "sub"));
          Link _ = sub.attach(Freplace.of(jumping))) {
        assertThat(run(entry)).isEqualTo(512);
        assertThat(run(jumping)).isEqualTo(5);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void objectsAreLoadedForATarget(String name) {
    BpfObject target = only(FreplaceObjects.target(), "entry");
    BpfObject patch = only(FreplaceObjects.extend(), "new_sub");
    try (Engine engine = Engines.open(name);
        LoadedObject loaded = engine.load(target)) {
      assertThatThrownBy(() -> engine.load(patch))
          .isInstanceOf(RejectedException.class)
          .hasMessage("program \"new_sub\": attach program FD is not set");
      patch.program("new_sub").attachTarget(loaded.program("entry").program(), null);
      try (LoadedObject extension = engine.load(patch)) {
        try (Links links = extension.attach()) {
          assertThat(links.byProgram()).containsOnlyKeys("new_sub");
          assertThat(run(loaded.program("entry"))).isEqualTo(512);
        }
        assertThat(run(loaded.program("entry"))).isEqualTo(112);
      }
    }
  }

  private static BpfObject only(BpfObject object, String program) {
    object.programs().forEach(each -> each.autoload(each.name().equals(program)));
    return object;
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void linksHoldBothPrograms(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram entry = all.target("entry");
      long before = all.engine instanceof Vm vm ? vm.codeBytes() : 0;
      LoadedProgram sub = all.extension("new_sub", entry);
      Link link = sub.attach();
      sub.close();
      assertThat(run(entry)).isEqualTo(512);
      assertThat(link.info().programId()).isPositive();
      link.close();
      assertThat(run(entry)).isEqualTo(112);
      assertThatThrownBy(link::info).isInstanceOf(IllegalStateException.class);
      assertThat(all.engine instanceof Vm vm ? vm.codeBytes() : 0).isEqualTo(before);
      LoadedProgram another = all.extension("new_sub", entry);
      Link last = another.attach();
      entry.close();
      another.close();
      last.close();
      assertThat(all.engine instanceof Vm vm ? vm.codeBytes() : before).isLessThanOrEqualTo(before);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void linksDoNothingElse(String engine) {
    try (var all = new Extended(engine)) {
      LoadedProgram entry = all.target("entry");
      LoadedProgram sub = all.extension("new_sub", entry);
      try (Link link = sub.attach()) {
        assertThatThrownBy(() -> link.update(sub)).isInstanceOf(UnsupportedException.class);
        assertThatThrownBy(link::detach).isInstanceOf(UnsupportedException.class);
        if (!engine.equals("linux")) {
          assertThatThrownBy(() -> link.pin(Path.of("link")))
              .isInstanceOf(UnsupportedException.class)
              .hasMessage(
                  "pin of the link to function \"sub\" of program \"entry\": only links of the"
                      + " kernel have names in a file system");
        }
      }
      assertErrno(() -> run(sub), Errno.ENOTSUPP);
    }
  }

  /** The link is closed by a function that the extension calls: its run ends as it began. */
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void mayBeDetachedByItsOwnRun(String engine) {
    AtomicReference<@Nullable Link> attached = new AtomicReference<>();
    VmOptions options =
        VmOptions.ofCpus(1)
            .withHelper(
                "bpf_get_prandom_u32",
                (cpu, r1, r2, r3, r4, r5) -> {
                  Link link = attached.getAndSet(null);
                  if (link != null) {
                    link.close();
                  }
                  return 0;
                });
    try (var all = new Extended(vm(engine, options))) {
      LoadedProgram entry = all.target("entry");
      LoadedProgram jumping = all.target("jumping");
      for (LoadedProgram target : List.of(entry, jumping)) {
        LoadedProgram busy = all.extension("busy_sub", target);
        attached.set(busy.attach());
        busy.close();
        assertThat(run(target)).isEqualTo(target.equals(entry) ? 6412 : 64);
        assertThat(attached).hasNullValue();
        assertThat(run(target)).isEqualTo(target.equals(entry) ? 112 : 3);
      }
    }
  }

  private static Vm vm(String engine, VmOptions options) {
    try {
      return switch (engine) {
        case "interp" -> Vm.interp(options);
        case "jit" -> Vm.jit(options);
        default -> Vm.jitKernel(options);
      };
    } catch (UnsupportedException missing) {
      Assumptions.abort(String.valueOf(missing.getMessage()));
      throw missing;
    }
  }

  /** Extensions come and go while the target runs: every result is that of one of them. */
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void comesAndGoesWhileTheTargetRuns(String engine) throws Exception {
    try (var all = new Extended(engine);
        var threads = Executors.newFixedThreadPool(2)) {
      LoadedProgram entry = all.target("entry");
      LoadedProgram sub = all.extension("new_sub", entry);
      LoadedProgram tracing = all.extension("tracing_sub", entry);
      LoadedProgram whole = all.extension("new_entry", entry);
      Set<Integer> seen = ConcurrentHashMap.newKeySet();
      AtomicBoolean done = new AtomicBoolean();
      Callable<Integer> runner =
          () -> {
            int runs = 0;
            for (; !done.get(); runs++) {
              seen.add(run(entry));
            }
            return runs;
          };
      List<Future<Integer>> runners = List.of(threads.submit(runner), threads.submit(runner));
      try {
        for (int i = 0; i < 500; i++) {
          for (LoadedProgram extension : List.of(sub, tracing, whole)) {
            String function = extension.equals(whole) ? "entry" : "sub";
            extension.attach(Freplace.of(entry, function)).close();
          }
        }
      } finally {
        done.set(true);
      }
      assertThat(runs(runners)).isPositive();
      assertThat(seen).isSubsetOf(112, 512, 612, 1234);
      assertThat(run(entry)).isEqualTo(112);
    }
  }

  private static int runs(List<Future<Integer>> runners)
      throws InterruptedException, ExecutionException {
    int runs = 0;
    for (Future<Integer> runner : runners) {
      runs += runner.get();
    }
    return runs;
  }
}
