package dev.skep.ladder;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is shown of two texts. */
class FindingTest {
  @Test
  void equalTextsHaveNoDetail() {
    Finding finding = Finding.compare(Rung.LOG, "a\nb", "a\nb");
    assertThat(finding.kind()).isEqualTo(Finding.Kind.EQUAL);
    assertThat(finding.detail()).isEmpty();
  }

  @Test
  void theFirstLineThatDiffersHasItsSurroundings() {
    Finding finding = Finding.compare(Rung.LOG, "1\n2\n3\n4\n5\n6\n7", "1\n2\n3\n4\n5\nsix\n7");
    assertThat(finding.isDifferent()).isTrue();
    assertThat(finding.detail())
        .isEqualTo(
            """
            line 6
              both:  2
              both:  3
              both:  4
              both:  5
              linux: 6
              skep:  six
              linux then: 7
              skep then:  7
            """);
  }

  @Test
  void aTextThatEndsEarlierDiffers() {
    assertThat(Finding.compare(Rung.LOG, "1\n2", "1").detail())
        .isEqualTo("line 2\n  both:  1\n  linux: 2\n  skep:  (end)\n");
  }

  @Test
  void longLinesAreCutAroundTheDifference() {
    String left = "a".repeat(5000) + "X" + "b".repeat(5000);
    String right = "a".repeat(5000) + "Y" + "b".repeat(5000);
    String detail = Finding.compare(Rung.JIT, left, right).detail();
    assertThat(detail).contains("aXb").contains("aYb").hasSizeLessThan(700);
  }

  @Test
  void theSignatureHasNoNumbers() {
    Finding one = Finding.compare(Rung.LOG, "at 12: R1=0x5f", "at 12: R1=0x60");
    Finding other = Finding.compare(Rung.LOG, "x\nat 7: R1=0x1", "x\nat 7: R1=0x2");
    assertThat(one.signature()).isEqualTo(other.signature());
  }
}
