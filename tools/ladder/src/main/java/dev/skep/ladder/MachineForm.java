package dev.skep.ladder;

import dev.skep.errors.UnsupportedException;
import dev.skep.jit.MachineCode;
import dev.skep.jit.OfflineLinkage;
import dev.skep.jit.Relocation;
import dev.skep.jit.x64.KernelLayout;
import dev.skep.jit.x64.X64Jit;
import dev.skep.linux.ProgramInfo;
import dev.skep.rewrite.RunnableProgram;
import java.util.Arrays;
import java.util.HexFormat;

/** Machine code of both sides as text: one line per function, addresses masked. */
public final class MachineForm {
  private MachineForm() {}

  /**
   * Compiles as the running kernel does.
   *
   * @throws UnsupportedException where its choices cannot be imitated
   */
  public static MachineCode compile(RunnableProgram program) {
    KernelLayoutProbe.Result kernel = KernelLayoutProbe.host();
    KernelLayout layout = kernel.layout();
    if (layout == null) {
      throw new UnsupportedException(String.valueOf(kernel.unsupported()));
    }
    return X64Jit.compile(program, layout, OfflineLinkage.X86_64);
  }

  public static String ofSkep(MachineCode code) {
    return text(maskedSkep(code), lengths(code));
  }

  /** Without the functions that dumps do not show. */
  public static String ofSkep(MachineCode code, RunnableProgram program) {
    return text(maskedSkep(code), lengths(code, program));
  }

  public static String ofKernel(ProgramInfo info, MachineCode mask) {
    return text(maskedKernel(info, mask), info.functionLengths());
  }

  static int[] lengths(MachineCode code) {
    int[] lengths = new int[code.functions()];
    Arrays.setAll(lengths, code::functionLength);
    return lengths;
  }

  static int[] lengths(MachineCode code, RunnableProgram program) {
    return Arrays.copyOf(lengths(code), program.shownFunctions());
  }

  static byte[] maskedSkep(MachineCode code) {
    return mask(code.bytes(), code);
  }

  static byte[] maskedKernel(ProgramInfo info, MachineCode mask) {
    return mask(info.jited().clone(), mask);
  }

  private static byte[] mask(byte[] bytes, MachineCode mask) {
    for (Relocation relocation : mask.relocations()) {
      int from = relocation.offset();
      if (from + relocation.length() <= bytes.length) {
        Arrays.fill(bytes, from, from + relocation.length(), (byte) 0);
      }
    }
    for (MachineCode.PokeSite poke : mask.pokes()) {
      // What stands here depends on the slot's contents.
      clear(bytes, poke.bypass());
      clear(bytes, poke.target());
    }
    return bytes;
  }

  private static String text(byte[] bytes, int[] lengths) {
    StringBuilder out = new StringBuilder(Arrays.toString(lengths));
    int at = 0;
    for (int length : lengths) {
      out.append('\n').append(HexFormat.of().formatHex(bytes, at, at + length));
      at += length;
    }
    return out.toString();
  }

  private static void clear(byte[] bytes, int from) {
    Arrays.fill(bytes, Math.min(from, bytes.length), Math.min(from + 5, bytes.length), (byte) 0);
  }
}
