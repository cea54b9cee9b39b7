package dev.skep.tests.freplace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.AttachType;
import dev.skep.program.HostFacts;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.Rewriter;
import dev.skep.verify.TargetProgram;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the verifier says of extensions. The running kernel of the project's machines refuses to
 * load any, so that the words are those of the kernel's sources.
 */
class ExtensionVerdictTest {
  private static final VerifierOptions OPTIONS = VerifierOptions.standard().withLogLevel(1);

  private static Verdict verdict(String extension, String target) {
    return Verifier.verify(
        FreplaceObjects.extension(extension, FreplaceObjects.target(target), null), OPTIONS);
  }

  private static VerifiedProgram accepted(Program program) {
    Verdict verdict = Verifier.verify(program, OPTIONS);
    assertThat(verdict).as(verdict.log()).isInstanceOf(Verdict.Accepted.class);
    return ((Verdict.Accepted) verdict).program();
  }

  @ParameterizedTest
  @CsvSource({
    "new_sub, entry",
    "busy_sub, entry",
    "tracing_sub, entry",
    "new_scale, entry",
    "greedy_scale, entry",
    "new_entry, entry",
    "new_sub, jumping",
    "jumping_ext, twice",
    "new_xdp_sub, xdp_entry",
    "new_connect4, connect4",
    "new_pull, more",
    "bad_elsewhere, leaf",
    "bad_return_is_not_seen, entry",
  })
  void takesWhatFits(String extension, String target) {
    Program program = FreplaceObjects.extension(extension, FreplaceObjects.target(target), null);
    VerifiedProgram verified = accepted(program);
    assertThat(verified.program().type()).isEqualTo(ProgramType.EXT);
    assertThat(Rewriter.rewrite(verified).functions()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          bad_moving   | entry    | Extension program changes packet data, while original does not
          bad_jumping  | entry    | Extension program changes packet data, while original does not
          bad_context  | entry    | arg0 bad_context(struct xdp_md *) doesn't match sub(struct __sk_buff *)
          bad_count    | entry    | bad_count() has 2 args while sub() has 1
          bad_size     | entry    | arg1 in bad_size() has size 4 while scale() has 8
          bad_return   | entry    | Return type PTR of bad_return() doesn't match type INT of scale()
          bad_kind     | entry    | arg0 in bad_kind() is PTR while scale() has INT
          bad_pointer  | entry    | arg0 in bad_pointer() is not a pointer to context
          bad_static   | more     | own() is not a global function
          bad_unreliable | more   | Cannot replace static functions
          bad_elsewhere | entry   | Subprog leaf doesn't exist
          new_pull     | entry    | Subprog pull doesn't exist
          new_sub      | xdp_entry | Subprog sub doesn't exist
          """)
  void refusesWhatDoesNotFit(String extension, String target, String message) {
    assertThat(verdict(extension, target))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> {
              assertThat(no.message()).isEqualTo(message);
              assertThat(no.errno()).isEqualTo(Errno.EINVAL);
            });
  }

  @Test
  void namesMustBeInTheTargetsBtf() {
    assertThat(verdict("bad_name", "entry"))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> {
              assertThat(no.message()).isEqualTo("nothing is not found in prog's BTF");
              assertThat(no.errno()).isEqualTo(Errno.ENOENT);
            });
  }

  @Test
  void withoutATargetIsWhatLibbpfMakesOfIt() {
    assertThat(Verifier.verify(FreplaceObjects.extension("new_sub", null, null), OPTIONS))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> {
              assertThat(no.message()).isEqualTo("attach program FD is not set");
              assertThat(no.errno()).isEqualTo(Errno.EINVAL);
            });
    Program nameless =
        FreplaceObjects.extension("new_sub", null, null).withTarget(null, 0, null, null);
    assertThat(Verifier.verify(nameless, OPTIONS))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> assertThat(no.message()).isEqualTo("Tracing programs must provide btf_id"));
  }

  @Test
  void resultsAreThoseOfTheTargetsType() {
    assertThat(verdict("bad_result", "connect4"))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no ->
                assertThat(no.message())
                    .isEqualTo(
                        "At program exit the register R0 has smin=255 smax=255 should have been in"
                            + " [0, 1]"));
  }

  @Test
  void helpersAreThoseOfTheTargetsType() {
    assertThat(verdict("bad_helper", "entry"))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no ->
                assertThat(no.message())
                    .isEqualTo("program of this type cannot use helper bpf_msg_apply_bytes#61"));
  }

  @Test
  void extensionsAreNotExtended() {
    Program first = FreplaceObjects.extension("new_sub", FreplaceObjects.target("entry"), null);
    Program second = FreplaceObjects.extension("bad_recursion", first, null);
    assertThat(Verifier.verify(second, OPTIONS))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> assertThat(no.message()).isEqualTo("Cannot recursively attach"));
  }

  @Test
  void tracersAreNotExtended() {
    Program target = FreplaceObjects.target("entry");
    Program tracer =
        new Program(
            "tracer",
            "",
            ProgramType.TRACING,
            AttachType.TRACE_FENTRY.number(),
            0,
            "GPL",
            target.insns(),
            target.maps(),
            target.funcInfo(),
            target.lineInfo(),
            target.btf(),
            "bpf_fentry_test1");
    TargetProgram known = new TargetProgram(tracer, true, accepted(target).asTarget().functions());
    assertThat(Verifier.verify(FreplaceObjects.extension("new_sub", tracer, null), OPTIONS, known))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> assertThat(no.message()).isEqualTo("Cannot extend fentry/fexit"));
  }

  @Test
  void withoutAJitNothingIsExtended() {
    HostFacts interpreting = HostFacts.root(2).withoutJit();
    Program target = FreplaceObjects.target("entry");
    Program extension = FreplaceObjects.extension("new_sub", target, null);
    assertThat(Verifier.verify(extension, OPTIONS.withHost(interpreting)))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> assertThat(no.message()).isEqualTo("Extension programs should be JITed"));
    TargetProgram interpreted =
        ((Verdict.Accepted) Verifier.verify(target, OPTIONS.withHost(interpreting)))
            .program()
            .asTarget();
    assertThat(Verifier.verify(extension, OPTIONS, interpreted))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> assertThat(no.message()).isEqualTo("Can attach to only JITed progs"));
  }

  @Test
  void aTargetThatCannotBeLoadedHasNoDescriptor() {
    Program broken =
        Program.of(
            "broken",
            ProgramType.SCHED_CLS,
            "GPL",
            new long[] {InsnWord.of(0x95, 0, 0, 0, 0)},
            List.of());
    Program target = FreplaceObjects.target("entry");
    Program bad =
        new Program(
            "broken",
            "",
            ProgramType.SCHED_CLS,
            0,
            0,
            "GPL",
            broken.insns(),
            List.of(),
            List.of(),
            List.of(),
            target.btf(),
            null);
    assertThat(Verifier.verify(FreplaceObjects.extension("new_sub", bad, null), OPTIONS))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no ->
                assertThat(no.message())
                    .isEqualTo("target program \"broken\" cannot be loaded: R0 !read_ok"));
  }

  @Test
  void argumentsAreAnythingThatThePrototypeAllows() {
    Program target = FreplaceObjects.target("entry");
    Verdict verdict =
        Verifier.verify(
            FreplaceObjects.extension("new_scale", target, null), OPTIONS.withLogLevel(2));
    assertThat(verdict.log()).contains("Validating new_scale() func#0...\n");
    assertThat(verdict.log()).contains("R1=scalar() R2=scalar() R10=fp0");
  }

  @Test
  void mayBeAttachedToOthersOfTheSameShape() {
    VerifiedProgram extension =
        accepted(FreplaceObjects.extension("new_sub", FreplaceObjects.target("entry"), null));
    Program other = FreplaceObjects.target("jumping");
    assertThat(Verifier.checkAttach(extension, accepted(other).asTarget(), id(other, "sub")))
        .isZero();
    assertThat(Verifier.checkAttach(extension, accepted(other).asTarget(), id(other, "jumping")))
        .isZero();
    Program xdp = FreplaceObjects.target("xdp_entry");
    assertThat(Verifier.checkAttach(extension, accepted(xdp).asTarget(), id(xdp, "xdp_sub")))
        .isEqualTo(Errno.EINVAL);
    assertThat(Verifier.checkAttach(extension, accepted(other).asTarget(), 0))
        .isEqualTo(Errno.EINVAL);
  }

  private static int id(Program program, String function) {
    return java.util.Objects.requireNonNull(program.btf()).find(function, 12);
  }
}
