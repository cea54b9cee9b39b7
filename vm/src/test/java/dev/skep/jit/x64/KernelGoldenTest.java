package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.InsnWord;
import dev.skep.jit.MachineCode;
import dev.skep.jit.OfflineLinkage;
import dev.skep.jit.Relocation;
import dev.skep.rewrite.PokeDescriptor;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import dev.skep.testing.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Every image of the golden file (measured on Linux 6.18) comes out of the emitter, masked. */
class KernelGoldenTest {
  private static final int CALL = 0x85;
  private static final int TAIL_CALL_HELPER = 12;

  @Test
  void everyImageIsEqual() throws IOException {
    List<String> different = new ArrayList<>();
    int equal = 0;
    for (Map<String, Object> line : GoldenImages.all()) {
      String difference = compare(line);
      if (difference.isEmpty()) {
        equal++;
      } else {
        different.add(difference);
      }
    }
    System.out.printf("kernel-layout images: %d equal, %d different%n", equal, different.size());
    assertThat(different).isEmpty();
    assertThat(equal).isEqualTo(GoldenImages.COUNT);
  }

  /** Empty, or what is not the same. */
  private static String compare(Map<String, Object> line) {
    String name = line.get("family") + "/" + line.get("id");
    MachineCode code;
    try {
      code = new KernelEmitter(input(line), KernelLayout.linux(true), OfflineLinkage.X86_64).emit();
    } catch (RuntimeException thrown) {
      return name + ": " + thrown;
    }
    byte[] image = code.bytes();
    List<Long> lengths = new ArrayList<>();
    for (int i = 0; i < code.functions(); i++) {
      lengths.add((long) code.functionLength(i));
    }
    if (!lengths.equals(list(line, "lens"))) {
      return name + ": lengths " + lengths + ", not " + list(line, "lens") + hex(image);
    }
    List<List<Object>> mask = new ArrayList<>();
    boolean symbols = false;
    for (Object entry : list(line, "mask")) {
      List<?> range = (List<?>) entry;
      int offset = Json.integer(range.get(0));
      int length = Json.integer(range.get(1));
      String kind = (String) range.get(2);
      symbols |= kind.equals("ksym");
      mask.add(List.of(offset, length, kind));
      Arrays.fill(image, offset, offset + length, (byte) 0);
    }
    if (!HexFormat.of().formatHex(image).equals(line.get("jited"))) {
      return name + ": code" + hex(image) + "\n" + line.get("jited");
    }
    List<List<Object>> ours =
        code.relocations().stream()
            .map(r -> List.<Object>of(r.offset(), r.length(), kindName(r.kind())))
            .toList();
    // The value of a kernel symbol is a plain constant to the JIT.
    return symbols || ours.equals(mask) ? "" : name + ": relocations " + ours + ", not " + mask;
  }

  private static String hex(byte[] image) {
    return "\n" + HexFormat.of().formatHex(image);
  }

  private static String kindName(Relocation.Kind kind) {
    return switch (kind) {
      case RETURN_THUNK -> "ret";
      case INDIRECT_THUNK -> "thunk";
      case CALL_HELPER, CALL_KFUNC, CALL_FUNCTION -> "call";
      case FUNCTION -> "func";
      case MAP -> "map";
      case KERNEL_VARIABLE -> "ksym";
      case ARENA -> "arena";
      case PER_CPU -> "percpu";
      case PRIVATE_STACK -> "priv";
    };
  }

  private static JitInput input(Map<String, Object> line) {
    long[] insns = GoldenImages.words(line, line.containsKey("jit_in") ? "jit_in" : "insns");
    List<PokeDescriptor> pokes = new ArrayList<>();
    for (int i = 0; i < insns.length; i++) {
      if (InsnWord.code(insns[i]) == CALL && InsnWord.src(insns[i]) == 1) {
        insns[i] = InsnWord.of(CALL, 0, 1, 0, InsnWord.off(insns[i]));
      } else if (isTailCall(insns[i])) {
        int direct = list(line, "poke").indexOf((long) i) + 1;
        insns[i] = InsnWord.of(RunnableProgram.TAIL_CALL_CODE, 0, 0, 0, direct);
        if (direct > 0) {
          pokes.add(new PokeDescriptor(0, 0, i));
        }
      } else if ((InsnWord.code(insns[i]) & 0xff) == 0x18) {
        i++;
      }
    }
    boolean arena = line.containsKey("user_vm_start");
    long userVmStart =
        arena ? Long.decode((String) Objects.requireNonNull(line.get("user_vm_start"))) : 0;
    return new JitInput(
        insns,
        functions(line),
        pokes,
        TailCallDialect.LINUX_6_18,
        arena,
        0xffff_c900_0000_0000L,
        userVmStart);
  }

  private static boolean isTailCall(long word) {
    return InsnWord.code(word) == CALL
        && InsnWord.src(word) == 0
        && InsnWord.imm(word) == TAIL_CALL_HELPER;
  }

  private static List<RunnableProgram.Function> functions(Map<String, Object> line) {
    List<RunnableProgram.Function> functions = new ArrayList<>();
    List<?> bounds = list(line, "bounds");
    for (int i = 0; i < bounds.size() - 1; i++) {
      functions.add(
          new RunnableProgram.Function(
              Json.integer(bounds.get(i)),
              Json.integer(bounds.get(i + 1)),
              Json.integer(list(line, "stack").get(i)),
              flag(line, "tcr", i),
              flag(line, "priv", i),
              flag(line, "boundary", i),
              flag(line, "ecb", i)));
    }
    return functions;
  }

  private static List<?> list(Map<String, Object> line, String name) {
    return (List<?>) line.getOrDefault(name, List.of());
  }

  private static boolean flag(Map<String, Object> line, String name, int function) {
    List<?> flags = list(line, name);
    return !flags.isEmpty() && (Boolean) flags.get(function);
  }
}
