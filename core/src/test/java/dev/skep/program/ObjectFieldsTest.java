package dev.skep.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.testing.ObjectFieldCases;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ObjectFieldsTest {
  static List<ObjectFieldCases.Case> cases() {
    return ObjectFieldCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void taken(ObjectFieldCases.Case one) {
    int errno = new ObjectFields(one.btf(), null).check();
    assertThat(Errno.name(errno)).isEqualTo(Errno.name(one.errno()));
  }

  /** What a nested struct holds makes no object of the struct around it. */
  @Test
  void ofDirectMembersOnly() {
    Btf btf =
        cases().stream()
            .filter(one -> one.name().equals("node in a struct in a struct"))
            .findFirst()
            .orElseThrow()
            .btf();
    ObjectFields fields = new ObjectFields(btf, null);
    SpecialFields inner = fields.of(btf.find("inner", BtfKind.STRUCT));
    assertThat(inner.has(SpecialFields.LIST_NODE)).isTrue();
    assertThat(fields.of(btf.find("outer", BtfKind.STRUCT)).isEmpty()).isTrue();
  }
}
