package dev.skep.ladder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.BpfMap;
import dev.skep.errors.Errno;
import dev.skep.errors.SkepException;
import dev.skep.linux.KernelBtf;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelVerdict;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.Program;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifierOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Logs in buffers of random sizes, at every level, rotating and fixed, of programs of the project's
 * own objects: text, errno and true size as bpf(2) gives them. Only addresses and times differ.
 */
class LogBytesTest {
  private static final int ROUNDS = 5;
  private static final int MAX_INSNS = 1_000;
  private static final int STATS = 4;

  private final Random random = new Random(6);
  private final List<String> different = new ArrayList<>();
  private int equal;

  @Test
  void asLinuxDeliversThem() throws IOException {
    KernelEngine.Availability available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    try (KernelEngine kernel = KernelEngine.host()) {
      VerifierOptions options = ObjectLadder.verifierOptions();
      for (Path file : objects()) {
        BpfObject object = BpfObject.open(file);
        if (object.needsKernelBtf() && KernelBtf.types().vmlinux() != null) {
          object.kernelBtf(Objects.requireNonNull(KernelBtf.types().vmlinux()));
        }
        for (ObjectProgram program : object.programs()) {
          try (KernelMaps maps = new KernelMaps(kernel)) {
            Program linked = object.toProgram(program);
            compare(kernel, linked, maps.of(linked), options);
          } catch (SkepException missing) {
            System.out.println("not for this kernel: " + missing.getMessage());
          }
        }
      }
    }
    System.out.println("logs in buffers of random sizes: equal " + equal);
    assertThat(different).isEmpty();
    assertThat(equal).isGreaterThan(800);
  }

  private void compare(
      KernelEngine kernel, Program program, List<BpfMap> maps, VerifierOptions options) {
    Verdict whole = VerdictRungs.judge(program, options.withLog(2, Integer.MAX_VALUE));
    if (whole instanceof Verdict.Unsupported || whole.stats().insnsProcessed() > MAX_INSNS) {
      return;
    }
    for (int i = 0; i < ROUNDS; i++) {
      int level = 1 + random.nextInt(15);
      Verdict all = VerdictRungs.judge(program, options.withLog(level, Integer.MAX_VALUE));
      // How long the verification took has more digits or fewer: such logs get room.
      int size = (level & STATS) != 0 ? 1 << 20 : size((int) all.stats().logBytes());
      Verdict own = VerdictRungs.judge(program, options.withLog(level, size));
      try (KernelVerdict linux = kernel.judge(program, maps, level, size)) {
        if (linux.errno() == Errno.EPERM) {
          return;
        }
        String left = text(linux.errno(), linux.log(), linux.logBytes(), level);
        int errno = own instanceof Verdict.Rejected rejected ? rejected.errno() : 0;
        String right = text(errno, own.log(), own.stats().logBytes(), level);
        if (left.equals(right)) {
          equal++;
        } else {
          different.add(program.name() + " level " + level + " size " + size + '\n' + left + right);
        }
      }
    }
  }

  private int size(int whole) {
    return switch (random.nextInt(4)) {
      case 0 -> 1 + random.nextInt(300);
      case 1 -> Math.max(1, whole - 3 + random.nextInt(7));
      case 2 -> whole;
      default -> 1 + random.nextInt(whole + 1);
    };
  }

  private static String text(int errno, String log, long bytes, int level) {
    boolean timed = (level & STATS) != 0;
    return "errno "
        + errno
        + (timed ? "" : " bytes " + bytes + " length " + log.length())
        + '\n'
        // The window may begin or end within an address.
        + log.replaceAll("\\A0?x?[0-9a-f]*", "")
            .replaceAll("0xffff[89a-e][0-9a-f]*", "")
            .replaceAll("\\d+ usec", "usec")
        + '\n';
  }

  private static List<Path> objects() throws IOException {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("examples/dispatch.bpf.o"))) {
      root = Objects.requireNonNull(root.getParent());
    }
    try (Stream<Path> files = Files.walk(root.resolve("tests/src/test/resources"))) {
      return files.filter(file -> file.toString().endsWith(".bpf.o")).sorted().toList();
    }
  }
}
