package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.AttachType;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What differential runs found, as Linux 6.18 has it. */
class FoundDifferencesTest {
  private static final int SLEEPABLE = 0x10;

  private static Verdict verify(ProgramType type, int flags, long... insns) {
    Program program =
        new Program(
            "found", "", type, 0, flags, "GPL", insns, List.of(), List.of(), List.of(), null, null);
    return Verifier.verify(program, VerifierOptions.standard());
  }

  private static long call(int helper) {
    return InsnWord.of(0x85, 0, 0, 0, helper);
  }

  private static final long EXIT = InsnWord.of(0x95, 0, 0, 0, 0);

  /** bpf_get_socket_cookie takes a socket there, not the context. */
  @Test
  void systemCallProgramsHaveNoSocketOfTheContext() {
    Verdict verdict = verify(ProgramType.SYSCALL, SLEEPABLE, call(46), EXIT);
    assertThat(verdict).isInstanceOf(Verdict.Rejected.class);
    Verdict.Rejected rejected = (Verdict.Rejected) verdict;
    assertThat(rejected.errno()).isEqualTo(Errno.EACCES);
    assertThat(rejected.message())
        .isEqualTo(
            "R1 type=ctx expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_");
  }

  /** A register that is added to itself is no longer a constant away from others. */
  @Test
  void sumsOfARegisterWithItselfAreLinkedToNothing() {
    String hex =
        "1806000000004000000000000000000034060100800000007b6ae8ff00000000"
            + "8510000006000000b707000000000000e5000300000000002506010000000000"
            + "0c66000000000000a507fcff060000009500000000000000b7040000aaaaaaaa"
            + "bf400000000000009500000000000000";
    long[] insns = new long[hex.length() / 16];
    for (int i = 0; i < insns.length; i++) {
      insns[i] = Long.reverseBytes(HexFormat.fromHexDigitsToLong(hex, 16 * i, 16 * i + 16));
    }
    Verdict verdict = verify(ProgramType.RAW_TRACEPOINT, 0, insns);
    assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
    assertThat(verdict.stats().insnsProcessed()).isEqualTo(32);
    assertThat(verdict.stats().totalStates()).isEqualTo(5);
    assertThat(verdict.stats().peakStates()).isEqualTo(8);
  }

  /** bpf_xdp_get_buff_len takes a struct xdp_buff there, not the context. */
  @Test
  void systemCallProgramsHaveNoPacketOfTheContext() {
    Verdict verdict = verify(ProgramType.SYSCALL, SLEEPABLE, call(188), EXIT);
    assertThat(verdict).isInstanceOf(Verdict.Rejected.class);
    Verdict.Rejected rejected = (Verdict.Rejected) verdict;
    assertThat(rejected.errno()).isEqualTo(Errno.EACCES);
    assertThat(rejected.message()).isEqualTo("R1 type=ctx expected=ptr_, trusted_ptr_, rcu_ptr_");
  }

  /** Type 0 is none: the kernel says no more than EINVAL. */
  @Test
  void programsHaveAType() {
    Verdict verdict = verify(ProgramType.UNSPEC, 0, call(7), EXIT);
    assertThat(verdict).isInstanceOf(Verdict.Rejected.class);
    assertThat(((Verdict.Rejected) verdict).errno()).isEqualTo(Errno.EINVAL);
    assertThat(verdict.log()).isEmpty();
  }

  /** bpf_sk_storage_get is for programs that trace. */
  @Test
  void systemCallProgramsHaveNoSocketStorage() {
    Verdict verdict = verify(ProgramType.SYSCALL, SLEEPABLE, call(107), EXIT);
    assertThat(verdict).isInstanceOf(Verdict.Rejected.class);
    Verdict.Rejected rejected = (Verdict.Rejected) verdict;
    assertThat(rejected.errno()).isEqualTo(Errno.EINVAL);
    assertThat(rejected.message()).isEqualTo("helper call is not allowed in probe");
  }

  /** Slots of removable spills count for the stack's size also where they are never reached. */
  @Test
  void spillsInDeadCodeMakeAPrivateStack() {
    Verdict verdict =
        verify(
            ProgramType.PERF_EVENT,
            0,
            InsnWord.of(0xb7, 8, 0, 0, 0),
            InsnWord.of(0x55, 8, 0, 3, 2),
            InsnWord.of(0x7b, 10, 1, -136, 0),
            call(8),
            InsnWord.of(0x79, 1, 10, -136, 0),
            InsnWord.of(0xb7, 0, 0, 0, 0),
            EXIT);
    assertThat(verdict).isInstanceOf(Verdict.Accepted.class);
    SubprogFacts main = ((Verdict.Accepted) verdict).program().subprogs().getFirst();
    assertThat(main.stackDepth()).isEqualTo(128);
    assertThat(main.privateStack()).isTrue();
  }

  /** bpf_bind is for programs at connect. */
  @Test
  void socketsAreBoundAtConnectOnly() {
    for (AttachType attach :
        new AttachType[] {AttachType.CGROUP_INET4_BIND, AttachType.CGROUP_INET4_CONNECT}) {
      Program program =
          new Program(
              "found",
              "",
              ProgramType.CGROUP_SOCK_ADDR,
              attach.number(),
              0,
              "GPL",
              new long[] {call(64), EXIT},
              List.of(),
              List.of(),
              List.of(),
              null,
              null);
      Verdict verdict = Verifier.verify(program, VerifierOptions.standard());
      assertThat(((Verdict.Rejected) verdict).message())
          .isEqualTo(
              attach == AttachType.CGROUP_INET4_BIND
                  ? "program of this type cannot use helper bpf_bind#64"
                  : "R2 !read_ok");
    }
  }

  /** An attach type of 0 stands for the creation of sockets. */
  @Test
  void socketProgramsWithoutAnAttachTypeHaveAContext() {
    long readsMark = InsnWord.of(0x61, 0, 1, 16, 0);
    long one = InsnWord.of(0xb7, 0, 0, 0, 1);
    assertThat(verify(ProgramType.CGROUP_SOCK, 0, readsMark, one, EXIT))
        .isInstanceOf(Verdict.Accepted.class);
    long readsByte = InsnWord.of(0x71, 0, 1, 17, 0);
    assertThat(verify(ProgramType.CGROUP_SOCK, 0, readsByte, one, EXIT))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            no -> assertThat(no.message()).isEqualTo("invalid bpf_context access off=17 size=1"));
  }

  /** A call of no kernel function is told late; until then it makes everything precise. */
  @Test
  void precisionEndsAtACallOfNothing() {
    long[] insns = {
      InsnWord.of(0xb7, 0, 0, 0, 0),
      InsnWord.of(0x85, 0, 2, 0, 0),
      InsnWord.of(0x55, 0, 0, 0, 0),
      EXIT
    };
    Program program = Program.of("found", ProgramType.SCHED_CLS, "GPL", insns, List.of());
    Verdict verdict = Verifier.verify(program, VerifierOptions.standard().withLogLevel(2));
    assertThat(verdict.log())
        .contains("regs=r0 stack= before 1: (85) call #0\n")
        .contains("mark_precise: frame0: falling back to forcing all scalars precise\n");
  }

  /** The kernel ends this message without a line feed. */
  @Test
  void twoReferencesInOneCall() {
    MapSpec ring = MapSpec.of("ring", MapType.RINGBUF, 0, 0, 4096, 0);
    long[] insns = {
      InsnWord.of(0x18, 1, 1, 0, 0),
      0,
      InsnWord.of(0xb7, 2, 0, 0, 8),
      InsnWord.of(0xb7, 3, 0, 0, 0),
      call(131),
      InsnWord.of(0x15, 0, 0, 4, 0),
      InsnWord.of(0xbf, 1, 0, 0, 0),
      InsnWord.of(0xb7, 2, 0, 0, 8),
      InsnWord.of(0xbf, 3, 0, 0, 0),
      call(28),
      InsnWord.of(0xb7, 0, 0, 0, 0),
      EXIT
    };
    Program program = Program.of("found", ProgramType.SCHED_CLS, "GPL", insns, List.of(ring));
    Verdict verdict = Verifier.verify(program, VerifierOptions.standard().withLogLevel(1));
    assertThat(verdict.log()).contains("more than one arg with ref_obj_id R3 2 2processed 9 insns");
  }
}
