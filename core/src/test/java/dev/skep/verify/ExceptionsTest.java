package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.btf.BtfType.Param;
import dev.skep.isa.Assembler;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.FuncInfo;
import dev.skep.program.KernelTypes;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs that throw: verdicts and words of Linux 6.18.44, as the selftests' programs get them.
 */
class ExceptionsTest {
  private static final BtfType.Int LONG = new BtfType.Int("long", 8, 0, 0, 64);

  /** Where the function that is named as the callback starts, or -1. */
  private static final int NO_CALLBACK = -1;

  private static Btf kernel() {
    BtfBuilder types = BtfBuilder.create();
    int number = types.add(LONG);
    int throwing = types.add(new BtfType.FuncProto(0, List.of(new Param("cookie", number))));
    types.add(new BtfType.Func("bpf_throw", throwing, 0));
    int plain = types.add(new BtfType.FuncProto(0, List.of()));
    types.add(new BtfType.Func("bpf_rcu_read_lock", plain, 0));
    types.add(new BtfType.Func("bpf_preempt_disable", plain, 0));
    return types.build();
  }

  private static final Btf KERNEL = kernel();

  /** A program; calls "throw", "rcu" and "preempt" stand for those kernel functions. */
  private static Program program(
      ProgramType type, String code, int callback, int linkage, int tags) {
    String text =
        code.replace("; ", "\n")
                .replace("throw", kfunc("bpf_throw"))
                .replace("rcu", kfunc("bpf_rcu_read_lock"))
                .replace("preempt", kfunc("bpf_preempt_disable"))
            + "\n";
    long[] insns = Assembler.assemble(text);
    TreeSet<Integer> starts = new TreeSet<>(List.of(0));
    for (int i = 0; i < insns.length; i++) {
      boolean call =
          InsnWord.code(insns[i]) == Opcodes.CALL_CODE
              && InsnWord.src(insns[i]) == Opcodes.PSEUDO_CALL;
      boolean pointer =
          InsnWord.code(insns[i]) == Opcodes.LD_IMM64
              && InsnWord.src(insns[i]) == Opcodes.PSEUDO_FUNC;
      if (call || pointer) {
        starts.add(i + 1 + InsnWord.imm(insns[i]));
      }
    }
    if (callback > 0) {
      starts.add(callback);
    }
    BtfBuilder types = BtfBuilder.create();
    int number = types.add(LONG);
    int proto = types.add(new BtfType.FuncProto(number, List.of(new Param("x", number))));
    List<FuncInfo> functions = new ArrayList<>();
    for (int start : starts) {
      int global = start == callback ? linkage : 0;
      functions.add(new FuncInfo(start, types.add(new BtfType.Func("f" + start, proto, global))));
    }
    for (int i = 0; i < tags; i++) {
      int main = functions.getFirst().typeId();
      types.add(new BtfType.DeclTag("exception_callback:f" + callback, main, -1, false));
    }
    return new Program(
        "p", "", type, 0, 0, "GPL", insns, List.of(), functions, List.of(), types.build(), null);
  }

  private static String kfunc(String name) {
    return "kfunc " + name + "#" + KERNEL.find(name, dev.skep.btf.BtfKind.FUNC);
  }

  private static Verdict judge(Program program) {
    return Verifier.verify(
        program, VerifierOptions.standard().withLogLevel(2).withKernel(KernelTypes.of(KERNEL)));
  }

  private static String said(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Accepted accepted -> "accepted";
      case Verdict.Rejected rejected -> rejected.message();
      case Verdict.Unsupported missing -> "unsupported " + missing.what();
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          r1 = 64; call throw; exit | accepted
          r1 = r10; call throw; exit | R1 is not a scalar
          call rcu; r1 = 0; call throw; r0 = 0; exit | bpf_throw cannot be used inside \
          bpf_rcu_read_lock-ed region
          call preempt; r1 = 0; call throw; r0 = 0; exit | bpf_throw cannot be used inside \
          bpf_preempt_disable-ed region
          call rcu; r1 = 0; call pc+2; r0 = 0; exit; r1 = 0; call throw; r0 = 0; exit | \
          bpf_throw cannot be used inside bpf_rcu_read_lock-ed region
          r1 = 0; call pc+2; r0 = 0; exit; r1 = 0; call throw; r0 = 0; exit | accepted
          r1 = 4; r2 = subprog[+6]; r3 = 0; r4 = 0; call #181; r0 = 0; exit; r1 = 0; call throw; \
          r0 = 0; exit | bpf_throw kfunc (insn 9) cannot be called from callback subprog 1
          """)
  void throwing(String code, String expected) {
    Verdict verdict = judge(program(ProgramType.SCHED_CLS, code, NO_CALLBACK, 0, 0));
    assertThat(said(verdict)).as(verdict.log()).isEqualTo(expected);
  }

  @Test
  void whatIsThrownIsTheResult() {
    String code = "r1 = 2; call throw; r0 = 0; exit";
    assertThat(said(judge(program(ProgramType.CGROUP_SYSCTL, code, NO_CALLBACK, 0, 0))))
        .isEqualTo("At program exit the register R1 has smin=2 smax=2 should have been in [0, 1]");
    // With a callback it is the callback's that counts.
    String withCallback = code + "; r0 = 1; exit";
    assertThat(said(judge(program(ProgramType.CGROUP_SYSCTL, withCallback, 4, 1, 1))))
        .isEqualTo("accepted");
    String wrong = code + "; r0 = 2; exit";
    assertThat(said(judge(program(ProgramType.CGROUP_SYSCTL, wrong, 4, 1, 1))))
        .isEqualTo("At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]");
  }

  @Test
  void callbacksAreNamedByTags() {
    String code = "r1 = 2; call throw; r0 = 0; exit; r0 = r1; exit";
    assertThat(said(judge(program(ProgramType.SCHED_CLS, code, 4, 0, 1))))
        .isEqualTo("exception callback 'f4' must have global linkage");
    assertThat(said(judge(program(ProgramType.SCHED_CLS, code, 4, 1, 2))))
        .isEqualTo("multiple exception callback tags for main subprog");
    String called = "r1 = 2; call pc+2; r0 = 0; exit; r0 = r1; exit";
    assertThat(said(judge(program(ProgramType.SCHED_CLS, called, 4, 1, 1))))
        .startsWith("insn 1 cannot call exception cb directly");
  }

  @Test
  void theDefaultCallbackIsAppended() {
    RunnableProgram runnable = rewritten("r1 = 64; call throw; exit", NO_CALLBACK);
    assertThat(runnable.functions()).hasSize(2);
    assertThat(runnable.functions().getFirst().exceptionBoundary()).isTrue();
    assertThat(runnable.functions().getLast().exceptionCallback()).isTrue();
    assertThat(runnable.shownFunctions()).isEqualTo(1);
    assertThat(runnable.insns()).endsWith(InsnWord.of(0xbf, 0, 1, 0, 0), 0x95L);
  }

  @Test
  void anOwnCallbackIsKept() {
    RunnableProgram runnable = rewritten("r1 = 2; call throw; r0 = 0; exit; r0 = r1; exit", 4);
    assertThat(runnable.functions()).hasSize(2);
    assertThat(runnable.functions().getLast().exceptionCallback()).isTrue();
    assertThat(runnable.shownFunctions()).isEqualTo(2);
  }

  private static RunnableProgram rewritten(String code, int callback) {
    Verdict verdict =
        judge(program(ProgramType.SCHED_CLS, code, callback, 1, callback > 0 ? 1 : 0));
    assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
    return Rewriter.rewrite(((Verdict.Accepted) verdict).program(), RewriteOptions.LINUX);
  }
}
