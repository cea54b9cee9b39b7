package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongBinaryOperator;
import org.junit.jupiter.api.Test;

/** Every pair of tristate numbers of four bits, every pair of their members. */
class TnumTest {
  private static final int BITS = 4;

  private interface Operation {
    void apply(Scalar d, long value, long mask);
  }

  private static List<long[]> all() {
    List<long[]> all = new ArrayList<>();
    for (int mask = 0; mask < 1 << BITS; mask++) {
      for (int value = 0; value < 1 << BITS; value++) {
        if ((value & mask) == 0) {
          all.add(new long[] {value, mask});
        }
      }
    }
    return all;
  }

  private static List<Long> members(long[] tnum) {
    List<Long> members = new ArrayList<>();
    for (long x = 0; x < 1 << BITS; x++) {
      if ((x & ~tnum[1]) == tnum[0]) {
        members.add(x);
      }
    }
    return members;
  }

  private static void holds(Operation operation, LongBinaryOperator concrete) {
    Scalar d = new Scalar();
    for (long[] a : all()) {
      for (long[] b : all()) {
        Tnum.set(d, a[0], a[1]);
        operation.apply(d, b[0], b[1]);
        assertThat(d.value & d.mask).isZero();
        for (long x : members(a)) {
          for (long y : members(b)) {
            assertThat(concrete.applyAsLong(x, y) & ~d.mask).isEqualTo(d.value);
          }
        }
      }
    }
  }

  @Test
  void arithmeticHoldsEveryResult() {
    holds(Tnum::add, (x, y) -> x + y);
    holds(Tnum::sub, (x, y) -> x - y);
    holds(Tnum::mul, (x, y) -> x * y);
    holds(Tnum::and, (x, y) -> x & y);
    holds(Tnum::or, (x, y) -> x | y);
    holds(Tnum::xor, (x, y) -> x ^ y);
    holds((d, value, mask) -> Tnum.neg(d), (x, y) -> -x);
  }

  @Test
  void bitwiseResultsAreExact() {
    Scalar d = new Scalar();
    for (long[] a : all()) {
      for (long[] b : all()) {
        Tnum.set(d, a[0], a[1]);
        Tnum.and(d, b[0], b[1]);
        long ones = -1;
        long zeros = -1;
        for (long x : members(a)) {
          for (long y : members(b)) {
            ones &= x & y;
            zeros &= ~(x & y);
          }
        }
        assertThat(d.value).isEqualTo(ones);
        assertThat(d.mask).isEqualTo(~(ones | zeros));
      }
    }
  }

  @Test
  void unionAndIntersection() {
    Scalar d = new Scalar();
    for (long[] a : all()) {
      for (long[] b : all()) {
        Tnum.set(d, a[0], a[1]);
        Tnum.union(d, b[0], b[1]);
        assertThat(Tnum.in(d.value, d.mask, a[0], a[1])).isTrue();
        assertThat(Tnum.in(d.value, d.mask, b[0], b[1])).isTrue();
        List<Long> common = new ArrayList<>(members(a));
        common.retainAll(members(b));
        assertThat(Tnum.overlap(a[0], a[1], b[0], b[1])).isEqualTo(!common.isEmpty());
        if (!common.isEmpty()) {
          Tnum.set(d, a[0], a[1]);
          Tnum.intersect(d, b[0], b[1]);
          assertThat(members(new long[] {d.value, d.mask})).isEqualTo(common);
        }
      }
    }
  }

  @Test
  void nextIsTheSmallestGreaterMember() {
    for (long[] a : all()) {
      for (long z = 0; z < 1 << BITS; z++) {
        long after = z;
        long want = members(a).stream().filter(x -> x > after).findFirst().orElse(a[0] | a[1]);
        assertThat(Tnum.next(a[0], a[1], z)).isEqualTo(want);
      }
    }
  }

  @Test
  void rangesAreCovered() {
    Scalar d = new Scalar();
    for (long min = 0; min < 1 << BITS; min++) {
      for (long max = min; max < 1 << BITS; max++) {
        Tnum.set(d, 0, -1);
        Tnum.intersectRange(d, min, max);
        for (long x = min; x <= max; x++) {
          assertThat(x & ~d.mask).isEqualTo(d.value);
        }
      }
    }
    assertThat(Tnum.rangeMask(0, -1)).isEqualTo(-1);
    assertThat(Tnum.rangeMask(7, 7)).isZero();
  }

  @Test
  void byteSwapClearsWhatLiesAbove() {
    Scalar d = new Scalar();
    Tnum.set(d, 0x1122334455667700L, 0xffL);
    Tnum.byteSwap(d, 2);
    assertThat(d.value).isEqualTo(0x0077L);
    assertThat(d.mask).isEqualTo(0xff00L);
    Tnum.set(d, 0x1122334455667700L, 0xffL);
    Tnum.byteSwap(d, 8);
    assertThat(d.value).isEqualTo(0x0077665544332211L);
  }
}
