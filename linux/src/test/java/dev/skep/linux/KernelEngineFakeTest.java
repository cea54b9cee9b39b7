package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.engine.Freplace;
import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.isa.InsnWord;
import dev.skep.linux.sys.CallNumbers;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.PossibleCpus;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the engine does with descriptors, logs and errors, without a kernel. */
class KernelEngineFakeTest {
  private static final Program RETURN =
      Program.of(
          "p",
          ProgramType.XDP,
          "GPL",
          new long[] {InsnWord.of(0xb7, 0, 0, 0, 2), InsnWord.of(0x95, 0, 0, 0, 0)},
          List.of());

  private final FakeKernel kernel = new FakeKernel();
  private final KernelEngine engine = KernelEngine.over(kernel, 2);

  @Test
  void everyDescriptorIsClosed() {
    try (KernelMap map = engine.createMap(MapSpec.of("m", MapType.ARRAY, 4, 8, 1, 0))) {
      KernelProgram program = engine.load(RETURN, List.of());
      assertThat(kernel.open).hasSize(2);
      program.close();
      program.close();
      assertThat(map.userValueSize()).isEqualTo(8);
    }
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void extensionsAreForWhatIsLoaded() throws IOException {
    BpfObject object;
    try (InputStream in = KernelEngineFakeTest.class.getResourceAsStream("/link/net.bpf.o")) {
      object = BpfObject.open("net", Objects.requireNonNull(in).readAllBytes());
    }
    Btf btf = object.btf().orElseThrow();
    Program source = returning("xdp_ports", ProgramType.XDP, btf);
    int function = btf.find("xdp_ports", BtfKind.FUNC);
    KernelProgram loaded = engine.load(source, List.of());
    Program extension =
        returning("e", ProgramType.EXT, null).withTarget("xdp_ports", 0, null, source);
    KernelProgram replacing = engine.load(extension, List.of());
    assertThat(kernel.loadTarget).containsExactly(loaded.fd(), function);
    try (Link link = replacing.attach(Freplace.of(loaded))) {
      assertThat(kernel.linkTarget).containsExactly(loaded.fd(), function);
      assertThat(link).hasToString("link to function \"xdp_ports\" of program \"xdp_ports\"");
    }
    assertThatThrownBy(() -> replacing.attach(Freplace.of(loaded, "nothing")))
        .hasMessage(
            "attach of program \"e\" to function \"nothing\" of program \"xdp_ports\": ENOENT:"
                + " nothing is not found in prog's BTF");
    // One that is closed is loaded again, for the time of the command.
    loaded.close();
    int before = kernel.open.size();
    engine.load(extension, List.of()).close();
    assertThat(kernel.loadTarget[0]).isNotEqualTo(kernel.linkTarget[0]);
    assertThat(kernel.open).hasSize(before);
  }

  private static Program returning(String name, ProgramType type, @Nullable Btf btf) {
    return new Program(
        name, "", type, 0, 0, "GPL", RETURN.insns(), List.of(), List.of(), List.of(), btf, null);
  }

  /** A number that is closed may be another's file at once. */
  @Test
  void descriptorInUseIsClosedAfterItsUse() {
    Fd fd = new Fd(kernel, (int) kernel.syscall(CallNumbers.BPF, 0));
    assertThat(fd.hold()).isEqualTo(fd.number());
    assertThat(fd.hold()).isEqualTo(fd.number());
    fd.close();
    fd.close();
    assertThatThrownBy(fd::hold).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(fd::number).isInstanceOf(IllegalStateException.class);
    fd.release();
    assertThat(kernel.open).hasSize(1);
    fd.release();
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void failedFillClosesTheMap() {
    kernel.updateErrno = Errno.EINVAL;
    MapSpec spec = MapSpec.of("m", MapType.ARRAY, 4, 8, 1, 0).withInitial(new byte[8], true);
    assertThatThrownBy(() -> engine.createMap(spec))
        .isInstanceOf(BpfErrnoException.class)
        .hasMessage("update of map \"m\": EINVAL");
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void logBufferGrowsUntilTheLogFits() {
    kernel.log = "x".repeat(5 << 20);
    try (KernelVerdict verdict = engine.judge(RETURN, List.of(), 2)) {
      assertThat(verdict.accepted()).isTrue();
      assertThat(verdict.log()).isEqualTo(kernel.log);
    }
    assertThat(kernel.loads).isEqualTo(2);
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void rejectionCarriesTheLastErrorLine() {
    kernel.loadErrno = Errno.EACCES;
    kernel.log = "0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1000000)\n";
    assertThatThrownBy(() -> engine.load(RETURN, List.of()))
        .isInstanceOfSatisfying(
            RejectedException.class,
            rejected -> {
              assertThat(rejected.errno()).isEqualTo(Errno.EACCES);
              assertThat(rejected.log()).isEqualTo(kernel.log);
            })
        .hasMessage("program \"p\": R0 !read_ok");
  }

  @Test
  void refusalBeforeTheVerifierIsAnErrno() {
    kernel.loadErrno = Errno.E2BIG;
    assertThatThrownBy(() -> engine.load(RETURN, List.of()))
        .isInstanceOf(BpfErrnoException.class)
        .hasMessageStartingWith("load of program \"p\": E2BIG: too many instructions");
  }

  @Test
  void interruptedLoadIsRepeated() {
    kernel.interruptedLoads = 2;
    engine.load(RETURN, List.of()).close();
    assertThat(kernel.loads).isEqualTo(3);
  }

  @Test
  void cpuListIsCounted() {
    assertThat(PossibleCpus.count("0-3,8\n")).isEqualTo(5);
    assertThat(PossibleCpus.count("0")).isEqualTo(1);
  }
}
