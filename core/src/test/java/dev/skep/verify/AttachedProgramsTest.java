package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.btf.BtfType.Member;
import dev.skep.btf.BtfType.Param;
import dev.skep.isa.Assembler;
import dev.skep.program.AttachType;
import dev.skep.program.KernelTypes;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs that are attached by BTF, against a kernel of a few types, so that no kernel is needed.
 * The words of the log are those of Linux 6.18, which the differential tests compare.
 *
 * <pre>
 *   struct task { int pid; struct task *real_parent; struct cred __rcu *cred; int *exit;
 *                 char comm[16]; struct { int inner; }; int last:4; }     56 bytes
 * </pre>
 */
class AttachedProgramsTest {
  private static final int TASK = 2;

  private static Btf kernel() {
    BtfBuilder types = BtfBuilder.create();
    types.add(new BtfType.Int("int", 4, 1, 0, 32));
    types.add(
        new BtfType.Struct(
            "task_struct",
            56,
            true,
            List.of(
                new Member("pid", 1, 0, 0),
                new Member("real_parent", 3, 64, 0),
                new Member("cred", 6, 128, 0),
                new Member("exit", 7, 192, 0),
                new Member("comm", 9, 256, 0),
                new Member("", 10, 384, 0),
                new Member("last", 1, 416, 4))));
    types.add(new BtfType.Ptr(TASK));
    types.add(new BtfType.Struct("cred", 8, false, List.of(new Member("uid", 1, 0, 0))));
    types.add(new BtfType.TypeTag("rcu", 4, false));
    types.add(new BtfType.Ptr(5));
    types.add(new BtfType.Ptr(1));
    types.add(new BtfType.Int("char", 1, 1, 0, 8));
    types.add(new BtfType.Array(8, 1, 16));
    types.add(new BtfType.Struct("", 4, false, List.of(new Member("inner", 1, 0, 0))));
    // Fields that keep their parent's trust within a grace period.
    types.add(
        new BtfType.Struct(
            "task_struct__safe_rcu", 8, false, List.of(new Member("real_parent", 3, 0, 0))));
    types.add(new BtfType.Ptr(0));
    // 13: void (void *, struct task_struct *, int)
    types.add(
        new BtfType.FuncProto(
            0, List.of(new Param("", 12), new Param("task", 3), new Param("n", 1))));
    types.add(new BtfType.Ptr(13));
    types.add(new BtfType.Typedef("btf_trace_task_made", 14));
    // 16: int (struct task_struct *, int)
    types.add(new BtfType.FuncProto(1, List.of(new Param("task", 3), new Param("how", 1))));
    types.add(new BtfType.Func("stop_task", 16, 0));
    types.add(new BtfType.Struct("bpf_iter_meta", 8, false, List.of(new Member("n", 1, 0, 0))));
    types.add(new BtfType.Ptr(18));
    types.add(new BtfType.FuncProto(1, List.of(new Param("meta", 19), new Param("task", 3))));
    types.add(new BtfType.Func("bpf_iter_task", 20, 0));
    types.add(new BtfType.Ptr(16));
    types.add(new BtfType.Struct("sched_ops", 8, false, List.of(new Member("stop", 22, 0, 0))));
    types.add(new BtfType.Struct("bpf_struct_ops_sched_ops", 8, false, List.of()));
    types.add(new BtfType.Var("runqueue", TASK, 1));
    types.add(new BtfType.Var("limit", 1, 1));
    types.add(new BtfType.DataSec(".data..percpu", 56, List.of(new BtfType.SectionVar(25, 0, 56))));
    // Members take what the parameters of functions of these names say.
    types.add(new BtfType.Struct("queue_ops", 8, false, List.of(new Member("put", 22, 0, 0))));
    types.add(new BtfType.Struct("bpf_struct_ops_queue_ops", 8, false, List.of()));
    types.add(new BtfType.FuncProto(1, List.of(new Param("task__ref", 3), new Param("how", 1))));
    types.add(new BtfType.Func("queue_ops__put", 30, 0));
    return types.build();
  }

  private static final int RUNQUEUE = 25;
  private static final int LIMIT = 26;

  private static Verdict judge(
      ProgramType type, int attach, @Nullable String target, String code, KernelTypes kernel) {
    Program program =
        new Program(
            "p",
            "",
            type,
            attach,
            0,
            "GPL",
            Assembler.assemble(code.replace("; ", "\n") + "\nr0 = 0\nexit\n"),
            List.of(),
            List.of(),
            List.of(),
            null,
            target);
    return Verifier.verify(program, VerifierOptions.standard().withLogLevel(2).withKernel(kernel));
  }

  private static Verdict judge(AttachType attach, String target, String code) {
    return judge(ProgramType.TRACING, attach.number(), target, code, KernelTypes.of(kernel()));
  }

  private static String log(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Accepted accepted -> accepted.log();
      case Verdict.Rejected rejected -> rejected.log();
      case Verdict.Unsupported missing -> "unsupported " + missing.what();
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          r2 = *(u64 *)(r1 +0) | func 'task_made' arg0 has btf_id 2 type STRUCT 'task_struct'
          r2 = *(u64 *)(r1 +0) | R2=trusted_ptr_task_struct()
          r2 = *(u64 *)(r1 +8) | R2=scalar()
          r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r2 +8) | R3=rcu_ptr_task_struct()
          r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r2 +16) | R3=rcu_ptr_or_null_cred(id=1)
          r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r2 +24) | R3=untrusted_rdonly_mem(sz=0)
          r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r2 +32) | R3=scalar()
          r2 = *(u64 *)(r1 +0); r3 = *(u32 *)(r2 +48) | R3=scalar(
          r2 = *(u64 *)(r1 +0); r3 = *(u8 *)(r2 +52) | R3=scalar(
          """)
  void tracepointsGiveTrustedPointers(String code, String expected) {
    Verdict verdict = judge(AttachType.TRACE_RAW_TP, "task_made", code);
    assertThat(verdict).as(log(verdict)).isInstanceOf(Verdict.Accepted.class);
    String shown = expected.equals("R3=untrusted_rdonly_mem(sz=0)") ? "R3=rdonly_" : expected;
    assertThat(log(verdict)).contains(shown);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          r2 = *(u64 *)(r1 +16) | 13 | func 'task_made' doesn't have 3-th argument
          r2 = *(u32 *)(r1 +0) | 13 | func 'task_made' size 4 must be 8
          r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r2 +56) | 13 | \
          access beyond struct task_struct at off 56 size 8
          r2 = *(u64 *)(r1 +0); r3 = *(u32 *)(r2 +8) | 13 | \
          cannot access ptr member real_parent with moff 8 in struct task_struct with off 8 size 4
          r2 = *(u64 *)(r1 +0); r3 = *(u32 *)(r2 +4) | 22 | \
          struct task_struct doesn't have field at offset 4
          r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r2 -8) | 13 | \
          R2 is ptr_task_struct invalid negative access: off=-8
          r2 = *(u64 *)(r1 +0); *(u64 *)(r2 +0) = r1 | 13 | only read is supported
          r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r2 +16); r4 = *(u32 *)(r3 +0) | 13 | \
          R3 invalid mem access 'rcu_ptr_or_null_'
          """)
  void accessesThatNoStructAllows(String code, int errno, String expected) {
    Verdict verdict = judge(AttachType.TRACE_RAW_TP, "task_made", code);
    assertThat(verdict).as(log(verdict)).isInstanceOf(Verdict.Rejected.class);
    assertThat(((Verdict.Rejected) verdict).errno()).isEqualTo(errno);
    assertThat(log(verdict)).contains(expected + "\n");
  }

  @Test
  void functionsGiveTheirArgumentsAndResult() {
    String both = "r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r2 +8); r4 = *(u64 *)(r1 +16)";
    assertThat(log(judge(AttachType.TRACE_FEXIT, "stop_task", both)))
        .contains("R2=ptr_task_struct()", "R3=ptr_task_struct()", "R4=scalar()");
    assertThat(log(judge(AttachType.TRACE_FENTRY, "stop_task", both)))
        .contains("func 'stop_task' doesn't have 3-th argument");
    assertThat(log(judge(AttachType.TRACE_FENTRY, "stop_task", "r0 = 1; if r0 != 0x0 goto pc+1")))
        .contains("At program exit the register R0 has smin=1 smax=1 should have been in [0, 0]");
  }

  @Test
  void iteratorsDescribeTheirArguments() {
    String code = "r2 = *(u64 *)(r1 +0); r3 = *(u64 *)(r1 +8)";
    assertThat(log(judge(AttachType.TRACE_ITER, "task", code)))
        .contains("R2=trusted_ptr_bpf_iter_meta()", "R3=trusted_ptr_or_null_task_struct(id=1)");
  }

  @Test
  void membersOfStructsOfFunctions() {
    KernelTypes kernel = KernelTypes.of(kernel());
    String code = "r2 = *(u64 *)(r1 +0)";
    assertThat(log(judge(ProgramType.STRUCT_OPS, 0, "sched_ops", code, kernel)))
        .contains("func 'stop' arg0 has btf_id 2", "R2=trusted_ptr_task_struct()");
    assertThat(log(judge(ProgramType.STRUCT_OPS, 1, "sched_ops", code, kernel)))
        .contains("attach to invalid member idx 1 of struct sched_ops");
    assertThat(log(judge(ProgramType.STRUCT_OPS, 0, "task_struct", code, kernel)))
        .contains("attach_btf_id 2 is not a supported struct");
  }

  @Test
  void holdersOfReferencesDoNotTailCall() {
    KernelTypes kernel = KernelTypes.of(kernel());
    assertThat(log(judge(ProgramType.STRUCT_OPS, 0, "queue_ops", "r2 = 0; call #12", kernel)))
        .contains("program with __ref argument cannot tail call\n");
    assertThat(log(judge(ProgramType.STRUCT_OPS, 0, "queue_ops", "r2 = *(u64 *)(r1 +0)", kernel)))
        .contains(
            "R2=trusted_ptr_task_struct(ref_obj_id=1) refs=1\n",
            "Unreleased reference id=1 alloc_insn=0\n");
  }

  @Test
  void targetsMustExist() {
    assertThat(log(judge(AttachType.TRACE_FENTRY, "no_such", "")))
        .contains("failed to find kernel BTF type ID of 'no_such': -3");
    assertThat(
            log(
                judge(
                    ProgramType.TRACING,
                    AttachType.TRACE_FENTRY.number(),
                    "stop_task",
                    "",
                    KernelTypes.NONE)))
        .isEqualTo("unsupported programs of type tracing without the kernel's BTF");
  }

  /** Variables of each CPU must be made pointers first; others can be read at once. */
  @Test
  void variablesOfTheKernel() {
    assertThat(log(symbol(RUNQUEUE, "r2 = *(u32 *)(r1 +0)", true)))
        .contains("R1=percpu_ptr_task_struct()", "R1 is ptr_task_struct access percpu memory");
    assertThat(log(symbol(RUNQUEUE, "call unknown#154; r2 = *(u32 *)(r0 +0)", true)))
        .contains("R0=ptr_task_struct()");
    assertThat(log(symbol(RUNQUEUE, "r2 = 0; call unknown#153; r2 = *(u32 *)(r0 +0)", true)))
        .contains("R0 invalid mem access 'ptr_or_null_'");
    assertThat(log(symbol(LIMIT, "r2 = *(u32 *)(r1 +0)", true))).contains("R1=rdonly_mem(sz=4)");
    assertThat(log(symbol(LIMIT, "", false)))
        .contains("ldimm64 failed to find the address for kernel symbol 'limit'.");
    assertThat(log(symbol(1, "", true)))
        .contains("pseudo btf_id 1 in ldimm64 isn't KIND_VAR or KIND_FUNC");
  }

  private static Verdict symbol(int id, String code, boolean known) {
    Btf btf = kernel();
    KernelTypes kernel = KernelTypes.lazily(() -> btf, List::of, name -> known);
    long[] rest = Assembler.assemble(code.replace("; ", "\n") + "\nr0 = 0\nexit\n");
    long[] insns = new long[rest.length + 2];
    insns[0] = 0x3118L | (long) id << 32;
    System.arraycopy(rest, 0, insns, 2, rest.length);
    Program program = Program.of("p", ProgramType.SCHED_CLS, "GPL", insns, List.of());
    return Verifier.verify(program, VerifierOptions.standard().withLogLevel(2).withKernel(kernel));
  }
}
