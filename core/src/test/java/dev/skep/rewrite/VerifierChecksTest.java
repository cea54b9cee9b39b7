package dev.skep.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.isa.CallNames;
import dev.skep.isa.Disassembler;
import dev.skep.isa.InsnWord;
import dev.skep.program.Dialect;
import dev.skep.program.HostFacts;
import dev.skep.program.KernelTypes;
import dev.skep.rewrite.TailCallImm.Form;
import dev.skep.testing.Check;
import dev.skep.testing.TailCallCases;
import dev.skep.testing.VerifierCase;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What verifier and rewrites make of tail calls: checks D33 to D59 of docs/tail-call-checks.md. */
class VerifierChecksTest {
  private static final Btf KERNEL = TailCallCases.kernel();
  private static final HostFacts ROOT = HostFacts.root(2);

  private static VerifierCase named(String name) {
    return TailCallCases.all().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name));
  }

  private static Verdict verdict(VerifierCase each, HostFacts host) {
    VerifierOptions options =
        VerifierOptions.standard()
            .withDialect(Dialect.MAINLINE)
            .withHost(host)
            .withKernel(KernelTypes.of(KERNEL));
    return Verifier.verify(each.program(KERNEL), options);
  }

  /** What later kernels than 6.18 say; that 6.18 says the same, or what else, is tested beside. */
  private static void judged(int check) {
    List<VerifierCase> cases =
        TailCallCases.all().stream().filter(each -> each.checks().contains(check)).toList();
    assertThat(cases).isNotEmpty();
    for (VerifierCase each : cases) {
      assertThat(TailCallCasesTest.verdict(verdict(each, ROOT)))
          .as(each.name())
          .isEqualTo(each.mainline());
    }
  }

  private static RunnableProgram rewritten(String name, HostFacts host, RewriteOptions options) {
    Verdict verdict = verdict(named(name), host);
    assertThat(verdict).as(name).isInstanceOf(Verdict.Accepted.class);
    return Rewriter.rewrite(((Verdict.Accepted) verdict).program(), options);
  }

  private static RunnableProgram rewritten(String name) {
    return rewritten(name, ROOT, RewriteOptions.SEED);
  }

  /** The imm of each tail call. */
  private static int[] imms(RunnableProgram program) {
    return Arrays.stream(program.insns())
        .filter(word -> InsnWord.code(word) == RunnableProgram.TAIL_CALL_CODE)
        .mapToInt(InsnWord::imm)
        .toArray();
  }

  private static int imm(RunnableProgram program) {
    int[] imms = imms(program);
    assertThat(imms).hasSize(1);
    return imms[0];
  }

  private static Form form(int imm) {
    return TailCallImm.form(TailCallDialect.SEED, imm);
  }

  @Test
  @Check(33)
  void onlyProgramArraysAreCalled() {
    judged(33);
  }

  @Test
  @Check(34)
  void programArraysAreOnlyCalled() {
    judged(34);
  }

  @Test
  @Check(35)
  void constantKeyIsDirect() {
    RunnableProgram program = rewritten("constant key");
    assertThat(imm(program)).isEqualTo(1 << 16);
    assertThat(form(imm(program))).isEqualTo(Form.DIRECT);
    int insn = tailCall(program);
    assertThat(program.pokes()).containsExactly(new PokeDescriptor(0, 1, insn));
    assertThat(program.functionOf(insn)).isZero();
  }

  private static int tailCall(RunnableProgram program) {
    for (int i = 0; i < program.insns().length; i++) {
      if (InsnWord.code(program.insns()[i]) == RunnableProgram.TAIL_CALL_CODE) {
        return i;
      }
    }
    throw new AssertionError("no tail call");
  }

  @Test
  @Check(36)
  void constantKeyOutsideIsStatic() {
    assertThat(imm(rewritten("constant key outside"))).isZero();
    assertThat(form(0)).isEqualTo(Form.STATIC);
  }

  @Test
  @Check(37)
  void unknownKeyIsStatic() {
    int imm = imm(rewritten("key from memory"));
    assertThat(imm).as("the map's index").isEqualTo(1);
    assertThat(form(imm)).isEqualTo(Form.STATIC);
  }

  @Test
  @Check(38)
  void twoKeysAreStatic() {
    assertThat(imm(rewritten("two keys"))).isZero();
  }

  /** The index that stays is that of the map seen last, and of no matter. */
  @Test
  @Check(39)
  void twoMapsAreDynamic() {
    int imm = imm(rewritten("two maps"));
    assertThat(imm >> 8).isEqualTo(1);
    assertThat(imm & 0xff).isIn(0, 1);
    assertThat(form(imm)).isEqualTo(Form.DYNAMIC);
  }

  @Test
  @Check(40)
  void indexAmongTheMapsOfTheProgram() {
    RunnableProgram program = rewritten("sixth map");
    assertThat(imm(program) & 0xff).isEqualTo(5);
    assertThat(program.pokes().getFirst().map()).isEqualTo(5);
    RunnableProgram indirect = rewritten("sixth map", ROOT, RewriteOptions.INDIRECT);
    assertThat(imm(indirect)).isEqualTo(5);
  }

  @Test
  @Check(41)
  void sixtyFourMaps() {
    judged(41);
  }

  @Test
  @Check(42)
  void directCallsAreNumbered() {
    int[] imms = imms(rewritten("1024 direct calls"));
    assertThat(imms).hasSize(1024);
    for (int n = 1; n <= imms.length; n++) {
      assertThat(imms[n - 1] >> 16).isEqualTo(n);
    }
    judged(42);
  }

  private static final List<String> FORMS =
      List.of(
          "constant key",
          "constant key outside",
          "key from memory",
          "two keys",
          "two maps",
          "1024 direct calls");

  @Test
  @Check(43)
  void blindingLeavesNoDirectCall() {
    for (String name : FORMS) {
      RunnableProgram program = rewritten(name, ROOT, RewriteOptions.SEED.blinded());
      assertThat(program.pokes()).isEmpty();
      for (int imm : imms(program)) {
        assertThat(form(imm)).as(name).isNotEqualTo(Form.DIRECT);
        assertThat(form(imm) == Form.DYNAMIC).as(name).isEqualTo(name.equals("two maps"));
      }
    }
  }

  @Test
  @Check(44)
  void withoutJitNoCallIsDirect() {
    for (String name : FORMS) {
      for (int imm : imms(rewritten(name, ROOT.withoutJit(), RewriteOptions.SEED))) {
        assertThat(imm >> 16).as(name).isZero();
      }
    }
  }

  @Test
  @Check(45)
  void guardedIndexIsCut() {
    for (String name : List.of("key from memory", "constant key")) {
      RunnableProgram program = rewritten(name, ROOT.withGuardedMaps(), RewriteOptions.SEED);
      int call = tailCall(program);
      List<String> text = new ArrayList<>();
      for (int i = call - 2; i < call; i++) {
        text.add(Disassembler.text(program.insns()[i], 0, CallNames.NONE));
      }
      assertThat(text).containsExactly("(35) if r3 >= 0x3 goto pc+2", "(54) w3 &= 3");
      assertThat(imm(program) >> 8).as(name).isZero();
    }
  }

  @Test
  @Check(46)
  void guardedMapMustBeKnown() {
    Verdict.Accepted accepted =
        (Verdict.Accepted) verdict(named("two maps"), ROOT.withGuardedMaps());
    assertThat(TailCallCasesTest.verdict(accepted)).isEqualTo("EINVAL tail_call abusing map_ptr");
  }

  @Test
  @Check(47)
  void notWithALockHeld() {
    judged(47);
  }

  @Test
  @Check(48)
  void notInRcuSection() {
    judged(48);
  }

  @Test
  @Check(49)
  void notWithPreemptionOff() {
    judged(49);
  }

  @Test
  @Check(50)
  void notWithAnObjectHeld() {
    judged(50);
  }

  @Test
  @Check(51)
  void notWithInterruptsOff() {
    judged(51);
  }

  @Test
  @Check(52)
  void stackOfCallers() {
    judged(52);
  }

  @Test
  @Check(53)
  void wholeStackOfMain() {
    judged(53);
  }

  @Test
  @Check(54)
  void notInCallbacks() {
    judged(54);
  }

  @Test
  @Check(55)
  void interpretedFunctionsDoNotTailCall() {
    VerifierCase each = named("tail call in a function");
    assertThat(TailCallCasesTest.verdict(verdict(each, ROOT.withoutJit())))
        .isEqualTo("EINVAL tail_calls are not allowed in non-JITed programs with bpf-to-bpf calls");
    assertThat(TailCallCasesTest.verdict(verdict(each, ROOT))).isEqualTo("accepted");
  }

  @Test
  @Check(56)
  void eightFrames() { // the ninth is named: Linux prints one more than it could take
    judged(56);
  }

  @Test
  @Check(57)
  void nothingIsReturned() {
    judged(57);
  }

  @Test
  @Check(58)
  void packetPointers() {
    judged(58);
  }

  @Test
  @Check(59)
  void sleepablePrograms() {
    judged(59);
  }

  /** tail_call_reachable: the function itself, and all that lead to it. */
  @Test
  void reachability() {
    RunnableProgram nested = rewritten("eight frames");
    assertThat(nested.functions()).allMatch(RunnableProgram.Function::tailCallReachable);
    RunnableProgram beside = rewritten("main with a callback");
    assertThat(beside.functions().get(0).tailCallReachable()).isTrue();
    assertThat(beside.functions().get(1).tailCallReachable()).isFalse();
    RunnableProgram inner = rewritten("tail call in a function");
    assertThat(inner.functionOf(inner.pokes().getFirst().insn())).isEqualTo(1);
  }
}
