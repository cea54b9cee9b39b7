package dev.skep.tests.tailcalls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.LoadedProgram;
import dev.skep.jit.MachineCode;
import dev.skep.ladder.KernelLayoutProbe;
import dev.skep.ladder.MachineForm;
import dev.skep.linux.KernelProgram;
import dev.skep.linux.ProgramInfo;
import dev.skep.natives.Memory;
import dev.skep.program.Dialect;
import dev.skep.program.HostFacts;
import dev.skep.program.Program;
import dev.skep.program.layout.BpfProgLayout;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.run.VmProgram;
import dev.skep.testing.Check;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of direct tail calls in live code, here and as the running kernel shows its own. */
class LivePatchesTest {
  private static final String NOP = "0f1f440000";
  private static final int ENTRY = 12;

  /** One direct tail call in the main program, one of another slot in a subprogram. */
  private static final String CALLER =
      """
      r6 = r1
      r2 = map[2]
      r3 = 1
      call bpf_tail_call#12
      r1 = r6
      call pc+1
      exit
      r2 = map[2]
      r3 = 0
      call bpf_tail_call#12
      r0 = 3
      exit
      """;

  /**
   * A loaded program's code.
   *
   * @param sites where it is patched, by offset
   * @param functions their addresses
   */
  private record Text(byte[] bytes, List<MachineCode.PokeSite> sites, long[] functions) {
    String bypass(int site) {
      return hex(sites.get(site).bypass());
    }

    String target(int site) {
      return hex(sites.get(site).target());
    }

    private String hex(int offset) {
      return HexFormat.of().formatHex(bytes, offset, offset + 5);
    }
  }

  private static Text text(LoadedProgram program, Program source) {
    if (program instanceof VmProgram here) {
      MachineCode code = here.machineCode().orElseThrow();
      long image = Memory.getLong(here.block() + BpfProgLayout.BPF_FUNC);
      long[] functions = new long[code.functions()];
      for (int i = 0; i < functions.length; i++) {
        functions[i] = image + code.functionOffset(i);
      }
      return new Text(code.bytes(), code.pokes(), functions);
    }
    ProgramInfo info = ((KernelProgram) program).info();
    return new Text(info.jited(), sites(source), info.functionAddresses());
  }

  /** Where the kernel's code is patched: our own emission for it says so. */
  private static List<MachineCode.PokeSite> sites(Program source) {
    VerifierOptions options =
        new VerifierOptions(Dialect.V6_18, HostFacts.root(2), 0, Integer.MAX_VALUE);
    Verdict.Accepted accepted = (Verdict.Accepted) Verifier.verify(source, options);
    return MachineForm.compile(Rewriter.rewrite(accepted.program(), RewriteOptions.LINUX)).pokes();
  }

  /** Offset of a jump in its function: addresses of functions are the kernel's own. */
  private static String jump(Text from, int site, Text to, int[] functionStarts) {
    int target = from.sites().get(site).target();
    int function = target >= functionStarts[1] ? 1 : 0;
    long next = from.functions()[function] + target - functionStarts[function] + 5;
    byte[] bytes =
        ByteBuffer.allocate(5)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) 0xe9)
            .putInt((int) (to.functions()[0] + ENTRY - next))
            .array();
    return HexFormat.of().formatHex(bytes);
  }

  private static int[] starts(LoadedProgram program, Text text) {
    int second =
        program instanceof VmProgram
            ? (int) (text.functions()[1] - text.functions()[0])
            : ((KernelProgram) program).info().functionLengths()[0];
    return new int[] {0, second};
  }

  @ParameterizedTest
  @Check({84, 85})
  @ValueSource(strings = {"jit-kernel", "jit-kernel/linux-6.18", "linux"})
  void theTextFollowsTheSlots(String engine) {
    if (engine.equals("linux")) {
      var kernel = KernelLayoutProbe.host();
      Assumptions.assumeTrue(kernel.layout() != null, () -> String.valueOf(kernel.unsupported()));
    }
    try (Rig rig = new Rig(engine, 2)) {
      LoadedProgram p = rig.load("r0 = 7\nexit");
      LoadedProgram q = rig.load("r0 = 8\nexit");
      Program calleeSource = rig.program("r0 = 7\nexit");
      Program source = rig.program(CALLER);
      LoadedProgram caller = rig.load(CALLER);
      Text first = text(caller, source);
      int[] starts = starts(caller, first);
      assertThat(first.sites()).hasSize(2);
      empty(first, 0);
      empty(first, 1);
      assertThat(Rig.run(caller)).isEqualTo(3);

      rig.put(0, 1, p);
      Text filled = text(caller, source);
      Text callee = text(p, calleeSource);
      assertThat(filled.bypass(0)).isEqualTo(NOP);
      assertThat(filled.target(0)).isEqualTo(jump(filled, 0, callee, starts));
      empty(filled, 1);
      assertThat(Rig.run(caller)).isEqualTo(7);

      rig.put(0, 1, q);
      rig.put(0, 0, p);
      Text both = text(caller, source);
      assertThat(both.bypass(0)).isEqualTo(NOP);
      assertThat(both.target(0)).isEqualTo(jump(both, 0, text(q, calleeSource), starts));
      assertThat(both.bypass(1)).isEqualTo(NOP);
      assertThat(both.target(1)).isEqualTo(jump(both, 1, callee, starts));
      assertThat(Rig.run(caller)).isEqualTo(8);

      rig.remove(0, 1);
      assertThat(Rig.run(caller)).isEqualTo(7);
      rig.remove(0, 0);
      Text last = text(caller, source);
      empty(last, 0);
      empty(last, 1);
      assertThat(last.bytes()).isEqualTo(first.bytes());
      assertThat(Rig.run(caller)).isEqualTo(3);
    }
  }

  private static void empty(Text text, int site) {
    // From the end of the one jump to the end of the other.
    assertThat(text.target(site)).isEqualTo(NOP);
    int distance = text.sites().get(site).target() - text.sites().get(site).bypass();
    assertThat(text.bypass(site)).isEqualTo("e9%02x000000".formatted(distance));
  }
}
