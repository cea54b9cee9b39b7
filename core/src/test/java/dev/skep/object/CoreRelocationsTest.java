package dev.skep.object;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.btf.CoreKind;
import dev.skep.btf.CoreResolver;
import dev.skep.btf.CoreValue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CoreRelocationsTest {
  private final Btf local = TestObjects.types("core");
  private final Btf target = TestObjects.types("target");

  @Test
  void patchesWhatLibbpfPatches() {
    BpfObject object =
        BpfObject.open(
            "core", TestObjects.bytes("core"), OpenOptions.DEFAULT.withKernelBtf(target));
    List<String> lines = new ArrayList<>();
    for (ObjectProgram program : object.programs()) {
      lines.add(program.name());
      List<String> words = new ArrayList<>();
      for (long word : object.toProgram(program).insns()) {
        words.add(String.format("%016x", Long.reverseBytes(word)));
      }
      lines.add(String.join(" ", words));
    }
    assertThat(lines)
        .containsExactlyElementsOf(TestObjects.text("core-on-target.insns.txt").lines().toList());
  }

  @ParameterizedTest
  @CsvSource({
    "task_struct, 4, 0:1, BYTE_OFF, 4, 24, false",
    "task_struct, 4, 0:1, BYTE_SZ, 4, 8, false",
    "task_struct, 4, 0:2, BYTE_SZ, 16, 32, false",
    "task_struct, 4, 0:2:3, BYTE_OFF, 11, 35, false",
    "task_struct, 4, 0:4, BYTE_OFF, 32, 64, false",
    "task_struct, 4, 0:4, RSHIFT_U64, 63, 63, false",
    "task_struct, 4, 0:4, LSHIFT_U64, 63, 58, false",
    "task_struct, 4, 0:1, SIGNED, 1, 0, false",
    "mm_struct___mine, 4, 0:0, BYTE_OFF, 0, 0, true",
    "mm_struct___mine, 4, 0:0, FIELD_EXISTS, 1, 0, false",
    "list_head, 4, 0, TYPE_SIZE, 16, 16, false",
    "list_head, 4, 0, TYPE_MATCHES, 1, 1, false",
    "task_struct, 4, 0, TYPE_MATCHES, 1, 0, false",
    "no_such_struct, 4, 0, TYPE_EXISTS, 1, 0, false",
    "bpf_map_type___mine, 6, 0, ENUMVAL_VALUE, 99, 77, false",
    "bpf_map_type___mine, 6, 1, ENUMVAL_VALUE, 100, 0, true",
    "bpf_map_type___mine, 6, 1, ENUMVAL_EXISTS, 1, 0, false",
  })
  void resolvesByName(
      String root,
      int kind,
      String access,
      CoreKind what,
      long before,
      long after,
      boolean poison) {
    CoreValue value = new CoreResolver(local, target).resolve(local.find(root, kind), access, what);
    assertThat(value.original()).isEqualTo(before);
    assertThat(value.value()).isEqualTo(after);
    assertThat(value.poison()).isEqualTo(poison);
  }
}
