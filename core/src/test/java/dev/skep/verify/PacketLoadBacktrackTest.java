package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.errors.Errno;
import dev.skep.isa.Assembler;
import dev.skep.program.FuncInfo;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Precision that is traced back over a packet load which left a subprogram. Linux 6.18.44 loses the
 * frame there; it must not be given the program of {@link #argumentsReachTheCall}.
 */
class PacketLoadBacktrackTest {
  /** Needs a register precisely that was set before a subprogram, which sets r6 from r1. */
  private static Verdict verify(String register) {
    String text =
        """
                REG = *(u32 *)(r1 +0)
                REG &= 7
                *(u64 *)(r10 -8) = 0
                call load
                r1 = r10
                r1 += -8
                r1 += REG
                *(u8 *)(r1 +0) = 1
                r0 = 0
                exit
        load:   r6 = r1
                r0 = *(u8 *)skb[5]
                exit
        """;
    return Verifier.verify(
        program(Assembler.assemble(text.replace("REG", register))), VerifierOptions.standard());
  }

  private static Program program(long[] insns) {
    BtfBuilder builder = BtfBuilder.create();
    int number = builder.add(new BtfType.Int("int", 4, 1, 0, 32));
    int proto = builder.add(new BtfType.FuncProto(number, List.of()));
    int main = builder.add(new BtfType.Func("main", proto, 0));
    int load = builder.add(new BtfType.Func("load", proto, 0));
    Btf btf = builder.build();
    List<FuncInfo> functions = List.of(new FuncInfo(0, main), new FuncInfo(10, load));
    return new Program(
        "p",
        "",
        ProgramType.SCHED_CLS,
        0,
        0,
        "GPL",
        insns,
        List.of(),
        functions,
        List.of(),
        btf,
        null);
  }

  @Test
  void otherRegistersAreFoundOut() {
    assertThat(verify("r7"))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class,
            rejected -> {
              assertThat(rejected.errno()).isEqualTo(Errno.EFAULT);
              assertThat(rejected.message())
                  .isEqualTo("verifier bug: static subprog unexpected regs 80");
            });
  }

  @Test
  void argumentsReachTheCall() {
    assertThat(verify("r6"))
        .isInstanceOfSatisfying(
            Verdict.Unsupported.class, missing -> assertThat(missing.faultsLinux()).isTrue());
  }
}
