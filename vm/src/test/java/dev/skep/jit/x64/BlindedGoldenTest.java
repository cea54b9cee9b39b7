package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.jit.MachineCode;
import dev.skep.jit.OfflineLinkage;
import dev.skep.jit.Relocation;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Linux blinded gives the machine code that Linux made of it. */
class BlindedGoldenTest {
  private static final HexFormat HEX = HexFormat.of();

  static Stream<String> lines() throws IOException {
    try (var stream =
            Objects.requireNonNull(
                BlindedGoldenTest.class.getResourceAsStream("/blinded-6.18.txt"));
        var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      return reader.lines().filter(line -> !line.startsWith("#")).toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void sameBytes(String line) {
    String[] fields = line.split("\\|", -1);
    byte[] xlated = HEX.parseHex(fields[1]);
    long[] insns = new long[xlated.length / 8];
    ByteBuffer.wrap(xlated).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(insns);
    var main =
        new RunnableProgram.Function(
            0, insns.length, Integer.parseInt(fields[3]), false, false, false, false);
    JitInput input =
        new JitInput(insns, List.of(main), List.of(), TailCallDialect.LINUX_6_18, false, 0, 0);
    MachineCode code =
        new KernelEmitter(input, KernelLayout.linux(true), OfflineLinkage.X86_64).emit();
    byte[] linux = HEX.parseHex(fields[2]);
    byte[] skep = code.bytes();
    for (Relocation place : code.relocations()) {
      int end = Math.min(linux.length, place.offset() + place.length());
      Arrays.fill(linux, Math.min(linux.length, place.offset()), end, (byte) 0);
      Arrays.fill(skep, place.offset(), place.offset() + place.length(), (byte) 0);
    }
    assertThat(HEX.formatHex(skep)).isEqualTo(HEX.formatHex(linux));
  }
}
