package dev.skep.cli;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.errors.MalformedException;
import dev.skep.isa.Assembler;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * A program of the suite bpf_conformance dressed as an XDP program, so that it can be verified: the
 * memory is the packet, the program a function that gets its address and length, and the 64 bits of
 * R0 come back in a map.
 */
final class ConformanceProgram {
  /** What the kernel wants of a packet at least. */
  private static final int MIN_PACKET = 14;

  private static final int NOT_RUN = 1;

  private static final String WITH_MEMORY =
      """
            r6 = *(u32 *)(r1 +4)
            r1 = *(u32 *)(r1 +0)
            r2 = r1
            r2 += LENGTH
            if r2 > r6 goto short
            r2 = LENGTH
            call program
            r1 = map[0][0]
            *(u64 *)(r1 +0) = r0
            r0 = 0
            exit
      short: r0 = 1
            exit
      program:
      """;

  private static final String BARE =
      """
            call program
            r1 = map[0][0]
            *(u64 *)(r1 +0) = r0
            r0 = 0
            exit
      program:
      """;

  private ConformanceProgram() {}

  /**
   * Verifies and runs a program.
   *
   * @param slots the suite's program
   * @param memory what R1 points to
   * @return R0
   * @throws dev.skep.errors.RejectedException if the verifier refuses it
   */
  static long run(Engine engine, long[] slots, byte[] memory) {
    MapSpec spec = MapSpec.of("r0", MapType.ARRAY, 4, 8, 1, 0);
    Program program =
        Program.of("conformance", ProgramType.XDP, "GPL", dressed(slots, memory), List.of(spec));
    byte[] packet = Arrays.copyOf(memory, Math.max(memory.length, MIN_PACKET));
    try (BpfMap map = engine.createMap(spec);
        LoadedProgram loaded = engine.load(program, List.of(map))) {
      if (loaded.testRun(TestRun.of(packet)).retval() == NOT_RUN) {
        throw new IllegalStateException("packet shorter than " + memory.length + " bytes");
      }
      byte[] r0 = map.lookup(new byte[4]);
      if (r0 == null) {
        throw new IllegalStateException("no element 0 in an array");
      }
      return ByteBuffer.wrap(r0).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }
  }

  private static long[] dressed(long[] slots, byte[] memory) {
    if (slots.length == 0) {
      throw new MalformedException("program: empty");
    }
    String length = Integer.toString(memory.length);
    String text = memory.length == 0 ? BARE : WITH_MEMORY.replace("LENGTH", length);
    long[] frame = Assembler.assemble(text);
    long[] all = Arrays.copyOf(frame, frame.length + slots.length);
    System.arraycopy(slots, 0, all, frame.length, slots.length);
    return all;
  }
}
