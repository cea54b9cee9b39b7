package dev.skep.btf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is left of BTF for kernels that lack a feature. */
class BtfSanitizerTest {
  private static final int VAR = 3;
  private static final int DATASEC = 4;
  private static final int FUNC_PROTO = 5;
  private static final int FUNC = 6;
  private static final int FLOAT = 7;
  private static final int DECL_TAG = 8;
  private static final int TYPE_TAG = 9;
  private static final int ENUM = 10;
  private static final int ENUM64 = 11;
  private static final int STRUCT = 12;

  private static Btf everything() {
    BtfBuilder builder = BtfBuilder.create();
    builder.add(new BtfType.Int("int", 4, 1, 0, 32));
    builder.add(new BtfType.Ptr(1));
    builder.add(new BtfType.Var("limit", 1, 1));
    builder.add(new BtfType.DataSec("?.data.x", 8, List.of(new BtfType.SectionVar(VAR, 4, 4))));
    builder.add(new BtfType.FuncProto(1, List.of(new BtfType.Param("ctx", 2))));
    builder.add(new BtfType.Func("main", FUNC_PROTO, BtfType.FUNC_GLOBAL));
    builder.add(new BtfType.Float("double", 8));
    builder.add(new BtfType.DeclTag("arg:ctx", FUNC, 0, false));
    builder.add(new BtfType.TypeTag("user", 1, false));
    builder.add(new BtfType.Enum("e", 4, true, List.of(new BtfType.Enumerator("A", -1))));
    builder.add(
        new BtfType.Enum64("wide", 8, false, List.of(new BtfType.Enumerator("B", 1L << 40))));
    builder.add(new BtfType.Struct("s", 8, false, List.of(new BtfType.Member("w", ENUM64, 0, 0))));
    return builder.build();
  }

  private static Btf without(BtfFeature... missing) {
    Set<BtfFeature> lacking = EnumSet.noneOf(BtfFeature.class);
    lacking.addAll(List.of(missing));
    return BtfSanitizer.sanitize(everything(), feature -> !lacking.contains(feature));
  }

  @Test
  void newKernelGetsTheSameBlob() {
    Btf btf = everything();
    assertThat(BtfSanitizer.sanitize(btf, _ -> true)).isSameAs(btf);
  }

  @Test
  void featuresThatTheBlobDoesNotNeedAreNotAsked() {
    BtfBuilder builder = BtfBuilder.create();
    builder.add(new BtfType.Int("int", 4, 1, 0, 32));
    Btf btf = builder.build();
    Btf same =
        BtfSanitizer.sanitize(
            btf,
            feature -> {
              throw new AssertionError(feature);
            });
    assertThat(same).isSameAs(btf);
  }

  @ParameterizedTest
  @EnumSource(BtfFeature.class)
  void idsStay(BtfFeature missing) {
    Btf before = everything();
    Btf after = without(missing);
    assertThat(after).isNotSameAs(before);
    for (int id = 1; id < before.typeCount(); id++) {
      boolean hit = before.kind(id) != after.kind(id);
      if (!hit) {
        assertThat(after.recordOffset(id)).isEqualTo(before.recordOffset(id));
      }
    }
    assertThat(after.type(STRUCT)).isEqualTo(before.type(STRUCT));
    assertThat(after.type(1)).isEqualTo(before.type(1));
  }

  @Test
  void sectionsBecomeStructs() {
    Btf btf = without(BtfFeature.DATASEC);
    assertThat(btf.type(VAR)).isEqualTo(new BtfType.Int("limit", 1, 0, 0, 8));
    assertThat(btf.type(DATASEC))
        .isEqualTo(
            new BtfType.Struct(
                "__data_x", 8, false, List.of(new BtfType.Member("limit", VAR, 32, 0))));
  }

  @Test
  void questionMarkGoes() {
    assertThat(without(BtfFeature.QMARK_DATASEC).name(DATASEC)).isEqualTo("_.data.x");
    assertThat(without(BtfFeature.QMARK_DATASEC).kind(DATASEC)).isEqualTo(BtfKind.DATASEC);
  }

  @Test
  void functionsBecomeTypedefs() {
    Btf btf = without(BtfFeature.FUNC, BtfFeature.GLOBAL_FUNC);
    assertThat(btf.type(FUNC)).isEqualTo(new BtfType.Typedef("main", FUNC_PROTO));
    assertThat(btf.type(FUNC_PROTO))
        .isEqualTo(new BtfType.Enum("", 4, false, List.of(new BtfType.Enumerator("ctx", 2))));
  }

  @Test
  void globalFunctionsBecomeStatic() {
    assertThat(without(BtfFeature.GLOBAL_FUNC).type(FUNC))
        .isEqualTo(new BtfType.Func("main", FUNC_PROTO, BtfType.FUNC_STATIC));
  }

  @Test
  void floatsBecomeEmptyStructs() {
    assertThat(without(BtfFeature.FLOAT).type(FLOAT))
        .isEqualTo(new BtfType.Struct("", 8, false, List.of()));
  }

  @Test
  void tagsGo() {
    assertThat(without(BtfFeature.DECL_TAG).type(DECL_TAG))
        .isEqualTo(new BtfType.Int("tag8", 1, 0, 0, 8));
    assertThat(without(BtfFeature.TYPE_TAG).type(TYPE_TAG)).isEqualTo(new BtfType.Const(1));
  }

  @Test
  void wideEnumsBecomeUnions() {
    Btf btf = without(BtfFeature.ENUM64);
    int placeholder = STRUCT + 1;
    assertThat(btf.type(placeholder)).isEqualTo(new BtfType.Int("enum64_placeholder", 1, 0, 0, 8));
    assertThat(btf.type(ENUM64))
        .isEqualTo(
            new BtfType.Union(
                "wide", 8, false, List.of(new BtfType.Member("B", placeholder, 0, 0))));
    assertThat(btf.type(ENUM))
        .isEqualTo(
            new BtfType.Enum("e", 4, false, List.of(new BtfType.Enumerator("A", 0xffffffffL))));
  }
}
