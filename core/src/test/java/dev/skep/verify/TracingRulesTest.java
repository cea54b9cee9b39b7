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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Where programs of type tracing and lsm may be attached, sleep, and change results. The rules and
 * words are those of Linux 6.18; kernels that let nobody attach such programs say EPERM first.
 */
class TracingRulesTest {
  private static final int SLEEPABLE = 1 << 4;

  private static Btf kernel() {
    BtfBuilder types = BtfBuilder.create();
    int number = types.add(new BtfType.Int("int", 4, 1, 0, 32));
    int file = types.add(new BtfType.Struct("file", 8, false, List.of(new Member("n", 1, 0, 0))));
    int pointer = types.add(new BtfType.Ptr(file));
    int proto = types.add(new BtfType.FuncProto(number, List.of(new Param("file", pointer))));
    int nothing = types.add(new BtfType.FuncProto(0, List.of(new Param("file", pointer))));
    for (String name :
        List.of(
            "__x64_sys_open",
            "should_failslab",
            "bpf_fentry_test1",
            "bpf_modify_return_test",
            "security_file_open",
            "vfs_open",
            "migrate_disable",
            "do_exit",
            "bpf_lsm_file_open",
            "bpf_lsm_inode_xattr_skipcap",
            "bpf_lsm_vm_enough_memory",
            "bpf_lsm_task_free")) {
      types.add(new BtfType.Func(name, proto, 0));
    }
    types.add(new BtfType.Func("bpf_lsm_cred_free", nothing, 0));
    return types.build();
  }

  private static Verdict judge(
      ProgramType type, AttachType attach, int flags, String target, String code) {
    Program program =
        new Program(
            "p",
            "",
            type,
            attach.number(),
            flags,
            "GPL",
            Assembler.assemble(code.replace("; ", "\n") + "\nexit\n"),
            List.of(),
            List.of(),
            List.of(),
            null,
            target);
    return Verifier.verify(
        program, VerifierOptions.standard().withLogLevel(2).withKernel(KernelTypes.of(kernel())));
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
          TRACE_FENTRY  | 16 | __x64_sys_open         | accepted
          TRACE_FENTRY  | 16 | should_failslab        | should_failslab is not sleepable
          TRACE_FEXIT   | 16 | bpf_fentry_test1       | accepted
          MODIFY_RETURN | 16 | bpf_modify_return_test | bpf_modify_return_test is not sleepable
          MODIFY_RETURN | 0  | bpf_modify_return_test | accepted
          MODIFY_RETURN | 0  | security_file_open     | accepted
          MODIFY_RETURN | 0  | __x64_sys_open         | accepted
          MODIFY_RETURN | 0  | vfs_open               | vfs_open() is not modifiable
          TRACE_FENTRY  | 0  | vfs_open               | accepted
          TRACE_FENTRY  | 16 | vfs_open               | vfs_open is not sleepable
          TRACE_FENTRY  | 0  | migrate_disable        | Attaching tracing programs to function \
          'migrate_disable' is rejected.
          TRACE_FENTRY  | 0  | do_exit                | accepted
          TRACE_FEXIT   | 0  | do_exit                | Attaching fexit/fmod_ret to __noreturn \
          function 'do_exit' is rejected.
          """)
  void tracedFunctions(AttachType attach, int flags, String function, String expected) {
    assertThat(said(judge(ProgramType.TRACING, attach, flags, function, "r0 = 0")))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0  | file_open           | r0 = 0     | accepted
          16 | file_open           | r0 = -1    | accepted
          16 | task_free           | r0 = 0     | bpf_lsm_task_free is not sleepable
          0  | vm_enough_memory    | r0 = 0     | disabled hook bpf_lsm_vm_enough_memory
          0  | file_open           | r0 = 1     | has smin=1 smax=1 should have been in [-4095, 0]
          0  | file_open           | r0 = -4096 | smin=-4096 smax=-4096 should have been in [-4095, 0]
          0  | file_open           | w0 = -1    | accepted
          0  | inode_xattr_skipcap | r0 = 1     | accepted
          0  | inode_xattr_skipcap | r0 = -1    | has smin=-1 smax=-1 should have been in [0, 1]
          0  | cred_free           | r0 = 7     | accepted
          """)
  void hooks(int flags, String hook, String code, String expected) {
    String target = hook;
    assertThat(said(judge(ProgramType.LSM, AttachType.LSM_MAC, flags, target, code)))
        .contains(expected);
  }

  @Test
  void hooksKnowWhatTheyReturned() {
    Verdict verdict =
        judge(ProgramType.LSM, AttachType.LSM_MAC, 0, "file_open", "r6 = *(u64 *)(r1 +8); r0 = r6");
    assertThat(said(verdict)).isEqualTo("accepted");
    assertThat(verdict.log()).contains("R6=scalar(smin=smin32=-4095,smax=smax32=0)");
  }

  @Test
  void sleepersMaySleep() {
    String copy = "r1 = r10; r1 += -8; r2 = 8; r3 = 0; call unknown#148; r0 = 0";
    AttachType attach = AttachType.LSM_MAC;
    assertThat(said(judge(ProgramType.LSM, attach, SLEEPABLE, "file_open", copy)))
        .isEqualTo("accepted");
    assertThat(said(judge(ProgramType.LSM, attach, 0, "file_open", copy)))
        .contains("might sleep in a non-sleepable prog");
  }

  @Test
  void hooksWithoutResultKeepIt() {
    AttachType attach = AttachType.LSM_CGROUP;
    assertThat(said(judge(ProgramType.LSM, attach, 0, "cred_free", "r0 = 1")))
        .isEqualTo("accepted");
    assertThat(judge(ProgramType.LSM, attach, 0, "cred_free", "r0 = 0").log())
        .contains("BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!");
    String set = "r1 = 0; call unknown#187; r0 = 1";
    assertThat(said(judge(ProgramType.LSM, attach, 0, "cred_free", set)))
        .isEqualTo("BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!");
    assertThat(said(judge(ProgramType.LSM, attach, 0, "file_open", set))).isEqualTo("accepted");
  }
}
