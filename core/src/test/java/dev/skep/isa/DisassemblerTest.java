package dev.skep.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class DisassemblerTest {
  private static final Map<Integer, String> HELPERS =
      Map.of(
          0, "bpf_unspec",
          1, "bpf_map_lookup_elem",
          5, "bpf_ktime_get_ns",
          16, "bpf_get_current_comm",
          64, "bpf_bind",
          65, "bpf_xdp_adjust_tail",
          80, "bpf_get_current_cgroup_id",
          100, "bpf_tcp_check_syncookie");

  /** The helpers of the golden table; a kfunc that BTF does not know has an empty name. */
  static final CallNames NAMES =
      word ->
          switch (InsnWord.src(word)) {
            case 0 -> HELPERS.get(InsnWord.imm(word));
            case Opcodes.PSEUDO_KFUNC_CALL -> "";
            default -> null;
          };

  static Stream<KernelText> kernelTexts() {
    return KernelText.all().stream();
  }

  @ParameterizedTest
  @MethodSource("kernelTexts")
  void printsWhatTheKernelPrints(KernelText golden) {
    assertThat(Disassembler.text(golden.first(), golden.second(), NAMES)).isEqualTo(golden.text());
  }

  @Test
  void theTableCoversEveryCodeThatTheKernelLogs() {
    long codes =
        KernelText.all().stream().mapToInt(g -> InsnWord.code(g.first())).distinct().count();
    assertThat(codes).isEqualTo(128);
  }

  /** What no log shows: codes that the verifier refuses earlier, and what rewrites make. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(0d) gotox r3                  | 0d 03 00 00 00000000",
        "(c2) nospec                    | c2 00 00 00 00000000",
        "(f5) tail_call 1               | f5 00 00 00 01000000",
        "(85) call unknown#64231        | 85 20 00 00 e7fa0000",
        "BUG_ldx_41                     | 41 21 04 00 00000000",
        "BUG_ldx_d1                     | d1 21 04 00 00000000",
        "BUG_st_42                      | 42 01 04 00 00000000",
        "BUG_e3                         | e3 21 04 00 00000000",
        "BUG_ld_00                      | 00 01 04 00 00000000",
        "(bf) r11 = r10                 | bf ab 00 00 00000000",
      })
  void printsWhatTheLogCannotShow(String text, String hex) {
    assertThat(Disassembler.text(KernelText.word(hex.replace(" ", "")), 0, CallNames.NONE))
        .isEqualTo(text);
  }

  @Test
  void namesOfTheCallerReplaceImmediates() {
    CallNames dump =
        new CallNames() {
          @Override
          public String call(long word) {
            return InsnWord.src(word) == Opcodes.PSEUDO_CALL ? "+7#bpf_prog_F" : "f";
          }

          @Override
          public String immediate(long first, long second) {
            return "map[id:" + InsnWord.imm(first) + "]";
          }
        };
    assertThat(Disassembler.text(InsnWord.of(0x85, 0, 1, 7, 1), 0, dump))
        .isEqualTo("(85) call pc+7#bpf_prog_F");
    assertThat(Disassembler.text(InsnWord.of(0x85, 0, 0, 0, 9), 0, dump))
        .isEqualTo("(85) call f#9");
    assertThat(Disassembler.text(InsnWord.of(0x18, 1, 1, 0, 7), 0, dump))
        .isEqualTo("(18) r1 = map[id:7]");
  }
}
