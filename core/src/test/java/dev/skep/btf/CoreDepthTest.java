package dev.skep.btf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Paths of CO-RE relocations have at most 64 members and elements, anonymous members counted. */
class CoreDepthTest {
  /** {@code struct s { struct { .. { int x; } } }} with that many anonymous structs. */
  private static Btf nested(int anonymous) {
    BtfBuilder btf = BtfBuilder.create();
    int type = btf.add(new BtfType.Int("int", 4, 1, 0, 32));
    String member = "x";
    for (int i = 0; i < anonymous; i++) {
      type =
          btf.add(
              new BtfType.Struct("", 4, false, List.of(new BtfType.Member(member, type, 0, 0))));
      member = "";
    }
    btf.add(new BtfType.Struct("s", 4, false, List.of(new BtfType.Member(member, type, 0, 0))));
    return btf.build();
  }

  private static CoreValue find(int anonymous) {
    Btf local = nested(0);
    int root = local.find("s", BtfKind.STRUCT);
    return new CoreResolver(local, nested(anonymous)).resolve(root, "0:0", CoreKind.BYTE_OFF);
  }

  @Test
  void pathsOf64Steps() {
    assertThat(find(62).poison()).isFalse();
    assertThatThrownBy(() -> find(63))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("nests too deep");
  }
}
