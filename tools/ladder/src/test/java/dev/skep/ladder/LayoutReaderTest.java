package dev.skep.ladder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.jit.OfflineLinkage;
import dev.skep.jit.x64.KernelLayout;
import dev.skep.jit.x64.KernelLayout.Indirect;
import dev.skep.jit.x64.X64Jit;
import dev.skep.program.Dialect;
import dev.skep.program.HostFacts;
import dev.skep.program.Program;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kernels of all kinds, as our own JIT imitates them, and pieces of code of those that it cannot.
 */
final class LayoutReaderTest {
  /** As Linux 6.18.44 showed them, built with retpolines and return thunks. */
  private static final String EXIT = "0f1f4400000f1f00554889e5b895e9d15bc9e9d41f0ec1";

  private static final String CALL = "0f1f4400000f1f00554889e5e81fc34ec1c9e9641f0ec1";

  private static final Map<String, RunnableProgram> RUNNABLE = new HashMap<>();

  private static List<KernelLayout> layouts() {
    List<KernelLayout> layouts = new ArrayList<>();
    for (Indirect indirect : Indirect.values()) {
      for (int bits = 0; bits < 64; bits++) {
        boolean thunk = (bits & 1) != 0;
        layouts.add(
            new KernelLayout(
                (bits & 2) != 0,
                (bits & 4) != 0,
                thunk,
                !thunk && (bits & 8) != 0,
                indirect,
                (bits & 16) != 0,
                (bits & 32) != 0,
                0,
                (bits & 2) != 0 ? -2085560268 : 0x1f034,
                true,
                (bits & 4) != 0,
                (bits & 8) != 0 ? 36 : 192,
                (bits & 8) != 0 ? 0x110 : 0x138,
                (bits & 16) != 0 ? 0x30 : 0x48));
      }
    }
    return layouts;
  }

  private static byte[] compile(Program program, KernelLayout layout) {
    RunnableProgram runnable =
        RUNNABLE.computeIfAbsent(
            program.type() + Arrays.toString(program.insns()), _ -> runnable(program));
    return X64Jit.compile(runnable, layout, OfflineLinkage.X86_64).bytes();
  }

  private static RunnableProgram runnable(Program program) {
    VerifierOptions options =
        new VerifierOptions(Dialect.V6_18, HostFacts.root(2), 0, Integer.MAX_VALUE);
    Verdict verdict = Verifier.verify(program, options);
    return Rewriter.rewrite(((Verdict.Accepted) verdict).program(), RewriteOptions.LINUX);
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void readsBackWhatTheJitWasTold(KernelLayout layout) {
    ProbeImages images = ProbeImages.of(program -> compile(program, layout));
    KernelLayoutProbe.Result result = LayoutReader.read(images, layout.fiveLevelPaging());
    assertThat(result.unsupported()).isNull();
    assertThat(result.layout()).isEqualTo(layout);
  }

  @Test
  void factsAreWords() {
    ProbeImages images = ProbeImages.of(program -> compile(program, KernelLayout.linux(true)));
    assertThat(LayoutReader.read(images, false).text())
        .isEqualTo(
            "return thunks, no IBT, retpoline tail calls, BMI2, direct tail calls,"
                + " private stacks, four levels of page tables");
  }

  private static Stream<Arguments> others() {
    return Stream.of(
        Arguments.of(
            "constant blinding", // mov r10d, K; xor r10, K; mov rax, r10
            "0f1f4400000f1f00554889e541ba123456784981f29921d9124c89d0c9e9d41f0ec1",
            CALL,
            "kernel jit with constant blinding (net.core.bpf_jit_harden)"),
        Arguments.of(
            "constant blinding, negative", // mov r10, -K
            "0f1f4400000f1f00554889e549c7c2123456f84981f29921d9124c89d0c9e9d41f0ec1",
            CALL,
            "kernel jit with constant blinding (net.core.bpf_jit_harden)"),
        Arguments.of(
            "FineIBT", // the poisoned endbr64 as a nop of four bytes
            "660f1f000f1f4400000f1f00554889e5f30f1efab895e9d15bc9e9d41f0ec1",
            CALL,
            "kernel jit with FineIBT prologues"),
        Arguments.of(
            "FineIBT since 6.15",
            "0f1f40d60f1f4400000f1f00554889e5f30f1efab895e9d15bc9e9d41f0ec1",
            CALL,
            "kernel jit with FineIBT prologues"),
        Arguments.of(
            "call depth tracking", // sar qword gs:[depth], 5
            EXIT,
            "0f1f4400000f1f00554889e56548c13c2528e0b08305e81fc34ec1c9e9641f0ec1",
            "kernel jit with call depth tracking"),
        Arguments.of(
            "call depth tracking, relative to rip",
            EXIT,
            "0f1f4400000f1f00554889e56548c13d28e0b08305e81fc34ec1c9e9641f0ec1",
            "kernel jit with call depth tracking"),
        Arguments.of("no code", "", "", "kernel jit: no code of a function is shown"),
        Arguments.of(
            "half of IBT", // no endbr64 where tail calls land
            "f30f1efa0f1f4400000f1f00554889e5b895e9d15bc9c3",
            CALL,
            "kernel jit: unknown form of a function:"
                + " f30f1efa0f1f4400000f1f00554889e5b895e9d15bc9c3"),
        Arguments.of(
            "another epilogue",
            "0f1f4400000f1f00554889e5b895e9d15b4889ec5dc3",
            CALL,
            "kernel jit: unknown form of a function:"
                + " 0f1f4400000f1f00554889e5b895e9d15b4889ec5dc3"),
        Arguments.of(
            "another call",
            EXIT,
            "0f1f4400000f1f00554889e590e81fc34ec1c9e9641f0ec1",
            "kernel jit: unknown form of a call:"
                + " 0f1f4400000f1f00554889e590e81fc34ec1c9e9641f0ec1"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("others")
  void whatCannotBeImitatedIsNamed(String name, String exit, String call, String unsupported) {
    ProbeImages ours = ProbeImages.of(program -> compile(program, KernelLayout.linux(true)));
    HexFormat hex = HexFormat.of();
    ProbeImages images =
        new ProbeImages(
            hex.parseHex(exit),
            ours.shift(),
            hex.parseHex(call),
            ours.variableTailCall(),
            ours.constantTailCall(),
            ours.privateStack(),
            ours.cpuNumber());
    KernelLayoutProbe.Result result = LayoutReader.read(images, false);
    assertThat(result.layout()).isNull();
    assertThat(result.unsupported()).isEqualTo(unsupported);
  }
}
