package dev.skep.isa;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.MalformedException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Damaged text gives a program or a {@link MalformedException}, nothing else. Runs for {@code
 * -Dskep.fuzz.seconds} (default 1) from {@code -Dskep.fuzz.seed}.
 */
final class IsaFuzzTest {
  private static final String ALPHABET =
      "rw0123456789abcdefx+-*/%&|^=<>!()[]#:;. \tsukbpcgotlifm_\"\u00e9\n";

  private static final List<String> EXTRA =
      List.of(
          "r1 = map[flows][0]+8",
          "r1 = map[idx:4]+16",
          "r2 = subprog[+3]",
          "call kfunc bpf_x#77 off=1",
          "call bpf_ktime_get_ns",
          "a: if r1 s> -5 goto a",
          "12: (05) goto pc+1",
          ".word 0xffffffffffffffff",
          "r1 = btf_id[4294967295]");

  @Test
  void damagedTextIsMalformedOrAProgram() {
    long seed = Long.getLong("skep.fuzz.seed", 20);
    long end = System.nanoTime() + Long.getLong("skep.fuzz.seconds", 1) * 1_000_000_000L;
    List<KernelText> golden = KernelText.all();
    Random random = new Random(seed);
    int assembled = 0;
    int refused = 0;
    while (System.nanoTime() < end) {
      StringBuilder text = new StringBuilder();
      for (int lines = random.nextInt(3); lines >= 0; lines--) {
        text.append(
            random.nextInt(8) == 0
                ? EXTRA.get(random.nextInt(EXTRA.size()))
                : golden.get(random.nextInt(golden.size())).text());
        text.append('\n');
      }
      damage(text, random);
      try {
        long[] slots = Assembler.assemble(text.toString());
        check(slots);
        assembled++;
      } catch (MalformedException e) {
        assertThat(e.getMessage()).matches("line \\d+, column \\d+: .+");
        refused++;
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("seed " + seed + ", text:\n" + text, e);
      }
    }
    assertThat(assembled).isPositive();
    assertThat(refused).isPositive();
  }

  private static void damage(StringBuilder text, Random random) {
    for (int changes = random.nextInt(4); changes > 0 && text.length() > 0; changes--) {
      int at = random.nextInt(text.length());
      char c = ALPHABET.charAt(random.nextInt(ALPHABET.length()));
      switch (random.nextInt(4)) {
        case 0 -> text.setCharAt(at, c);
        case 1 -> text.insert(at, c);
        case 2 -> text.deleteCharAt(at);
        default -> {
          int from = random.nextInt(text.length());
          text.insert(at, text.substring(from, Math.min(text.length(), from + random.nextInt(9))));
        }
      }
    }
  }

  /** What assembles decodes, encodes to the same slots, and prints. */
  private static void check(long[] slots) {
    for (int i = 0; i < slots.length; ) {
      InsnCodec.Decoded decoded = InsnCodec.decode(slots, i);
      assertThat(decoded.first()).isEqualTo(slots[i]);
      assertThat(
              Disassembler.text(slots[i], i + 1 < slots.length ? slots[i + 1] : 0, CallNames.NONE))
          .isNotEmpty();
      i += decoded.insn().slots();
    }
  }
}
