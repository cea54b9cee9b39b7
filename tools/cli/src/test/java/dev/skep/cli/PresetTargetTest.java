package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import dev.skep.object.BpfObject;
import dev.skep.object.GlobalVariable;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code -G} writes, and refuses, as veristat 6.18 does. */
class PresetTargetTest {
  private static BpfObject object() {
    try (InputStream file =
        Objects.requireNonNull(PresetTargetTest.class.getResourceAsStream("/cli/presets.bpf.o"))) {
      return BpfObject.open("presets", file.readAllBytes());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The variable's bytes in hexadecimal. */
  private static String bytes(BpfObject object, String name) {
    for (GlobalVariable variable : object.variables()) {
      if (variable.name().equals(name)) {
        byte[] image = object.map(variable.map()).image();
        int end = variable.offset() + variable.size();
        return HexFormat.of().formatHex(image, variable.offset(), end);
      }
    }
    throw new AssertionError("no variable " + name);
  }

  @ParameterizedTest
  @CsvSource({
    "limit = 10, 0a000000",
    "limit=0x20, 20000000",
    "  limit  =  -1  , ffffffff",
    "mode=FAST, 04000000",
    "mode=7, 07000000",
    "flag=1, 01",
    "u8=010, 08",
    "u8=-1, ff",
    "u8=-256, 00",
    "s8=-128, 80",
    "u16=65535, ffff",
    "s16=-2, feff",
    "u32=0xffffffff, ffffffff",
    "s32=-2147483648, 00000080",
    "u64=18446744073709551615, ffffffffffffffff",
    "u64=-1, ffffffffffffffff",
    "s64=0x8000000000000000, 0000000000000080",
    "level=COLD, feffffff",
    "level=-2, feffffff",
    "big=HUGE, 9a78563412000000",
    "table[1][2]=9, 010000000200000003000000040000000500000009000000",
    "table[ 0 ][ WARM ] = 9, 010000000200000009000000040000000500000006000000",
  })
  void sets(String preset, String expected) {
    BpfObject object = object();
    GlobalPreset parsed = GlobalPreset.parse(preset);
    String before = bytes(object, parsed.variable());
    PresetTarget.apply(object, List.of(parsed));
    String after = bytes(object, parsed.variable());
    assertThat(after).isEqualTo(expected).hasSameSizeAs(before);
  }

  /** struct outer: sign at 0, inner at 8, list at 48; of an inner: word at 4, deep at 8. */
  @ParameterizedTest
  @CsvSource({
    "outer.sign=-1, 0, ff",
    "outer.inner.byte=7, 8, 07",
    "outer.inner.number=-2, 10, feff",
    "outer.inner.word=0x01020304, 12, 04030201",
    "outer.inner.mode=SLOW, 12, 03000000",
    "outer.inner.deep[2]=-2, 32, feffffffffffffff",
    "outer.list[SLOW].deep[0]=1, 176, 0100000000000000",
  })
  void setsMembers(String preset, int offset, String expected) {
    BpfObject object = object();
    PresetTarget.apply(object, List.of(GlobalPreset.parse(preset)));
    String after = bytes(object, "outer");
    int length = expected.length();
    assertThat(after.substring(2 * offset, 2 * offset + length)).isEqualTo(expected);
    assertThat(after.substring(0, 2 * offset) + after.substring(2 * offset + length)).matches("0*");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "u8=256 | 256 is outside of 0 to 255",
        "u8=-257 | -257 is outside of 0 to 255",
        "s8=128 | 128 is outside of -128 to 127",
        "s16=-32769 | -32769 is outside of -32768 to 32767",
        "u32=4294967296 | 4294967296 is outside of 0 to 4294967295",
        "flag=256 | 256 is outside of 0 to 255",
        "mode=NOPE | no \"NOPE\" in the enum of \"mode\"",
        "level=FAST | no \"FAST\" in the enum of \"level\"",
        "u8=FAST | \"FAST\" is no value for \"unsigned char\"",
        "table=1 | \"table\" is neither an integer nor an enum",
        "table[1]=1 | \"table\" is neither an integer nor an enum",
        "table[2][0]=1 | index 2 is outside of \"table\", which has 2",
        "table[-1][0]=1 | want \"variable = value\"",
        "table[SLOW][0]=1 | index 3 is outside of \"table\", which has 2",
        "table[NOPE][0]=1 | no enumerator \"NOPE\"",
        "u8[0]=1 | \"u8\" is no array",
        "u8.x=1 | \"u8\" is no struct or union",
        "outer.nope=1 | no member \"nope\" in \"outer\"",
        "outer.inner.low=1 | \"low\" is a bit field",
        "outer.inner.deep[3]=1 | index 3 is outside of \"deep\", which has 3",
        "pointer=1 | \"pointer\" is neither an integer nor an enum",
        "nothing=1 | no variable \"nothing\"",
        "limit | want \"variable = value\"",
        "limit=1 2 | want \"variable = value\"",
        "limit=12x | \"12x\" is no number of 64 bits",
        "limit=0x | \"0x\" is no number of 64 bits",
        "u64=18446744073709551616 | \"18446744073709551616\" is no number of 64 bits",
        ".limit=1 | \"\" is no name",
      })
  void refuses(String preset, String message) {
    assertThatThrownBy(() -> PresetTarget.apply(object(), List.of(GlobalPreset.parse(preset))))
        .isInstanceOfAny(MalformedException.class, UsageException.class)
        .hasMessage("-G \"" + preset.strip() + "\": " + message);
  }
}
