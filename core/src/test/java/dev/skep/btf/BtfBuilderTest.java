package dev.skep.btf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.skep.object.TestObjects;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BtfBuilderTest {
  private static byte[] rewritten(Btf btf) {
    BtfBuilder builder = BtfBuilder.of(btf);
    for (int id = 1; id < btf.typeCount(); id++) {
      assertThat(builder.add(btf.type(id))).isEqualTo(id);
    }
    return builder.toBytes();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "core",
        "externs",
        "globals",
        "maps",
        "subprogs",
        "subprogs-be",
        "target",
        "types"
      })
  void writesWhatClangWrote(String name) {
    Btf btf = TestObjects.types(name);
    assertThat(rewritten(btf)).isEqualTo(btf.bytes());
  }

  @Test
  void writesWhatTheKernelHas() throws IOException {
    Path kernel = Path.of("/sys/kernel/btf/vmlinux");
    assumeTrue(Files.isReadable(kernel), "no " + kernel);
    Btf btf = Btf.parse(Files.readAllBytes(kernel));
    assertThat(rewritten(btf)).isEqualTo(btf.bytes());
  }

  @Test
  void sharesStrings() {
    BtfBuilder builder = BtfBuilder.create();
    int integer = builder.add(new BtfType.Int("int", 4, 1, 0, 32));
    int struct =
        builder.add(
            new BtfType.Struct(
                "pair",
                8,
                true,
                List.of(
                    new BtfType.Member("int", integer, 0, 0),
                    new BtfType.Member("bits", integer, 32, 5))));
    Btf btf = builder.build();
    assertThat(btf.stringEnd()).isEqualTo("\0int\0pair\0bits\0".length());
    assertThat(btf.find("pair", BtfKind.STRUCT)).isEqualTo(struct);
    assertThat(btf.memberBitSize(struct, 1)).isEqualTo(5);
    assertThat(btf.memberBitOffset(struct, 1)).isEqualTo(32);
    assertThat(btf.sizeOf(struct)).isEqualTo(8);
  }

  @Test
  void continuesABase() {
    BtfBuilder base = BtfBuilder.create();
    base.add(new BtfType.Int("int", 4, 1, 0, 32));
    Btf first = base.build();
    byte[] tail = {
      (byte) 0x9f,
      (byte) 0xeb,
      1,
      0,
      24,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      12,
      0,
      0,
      0,
      12,
      0,
      0,
      0,
      3,
      0,
      0,
      0,
      5,
      0,
      0,
      0,
      0,
      0,
      0,
      8,
      1,
      0,
      0,
      0,
      'm',
      'y',
      0
    };
    Btf split = Btf.parse(tail, first);
    assertThat(split.firstId()).isEqualTo(2);
    assertThat(split.type(2)).isEqualTo(new BtfType.Typedef("my", 1));
    assertThat(split.type(1).name()).isEqualTo("int");
    assertThat(split.find("int", BtfKind.INT)).isEqualTo(1);
    assertThat(split.find("my", BtfKind.TYPEDEF)).isEqualTo(2);
    assertThat(split.skip(2, true)).isEqualTo(1);
  }
}
