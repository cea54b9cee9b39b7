package dev.skep.ladder;

import dev.skep.isa.CallNames;
import dev.skep.isa.Disassembler;
import dev.skep.isa.InsnWord;
import dev.skep.program.MapSpec;

/** A sample as text, for a report. */
public final class Show {
  private static final int LD_IMM64 = 0x18;

  private Show() {}

  public static String program(Sample sample) {
    StringBuilder out = new StringBuilder();
    out.append(sample.name()).append(": ").append(sample.program().type().text()).append('\n');
    for (MapSpec map : sample.program().maps()) {
      out.append("map ").append(map.type().text());
      out.append(" key ").append(map.keySize()).append(" value ").append(map.valueSize());
      out.append(" entries ").append(map.maxEntries()).append(" flags ").append(map.flags());
      out.append(map.name().isEmpty() ? "" : " name " + map.name()).append('\n');
    }
    out.append(insns(sample.program().insns()));
    return out.toString();
  }

  public static String insns(long[] insns) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < insns.length; i++) {
      long next = i + 1 < insns.length ? insns[i + 1] : 0;
      out.append("%4d: ".formatted(i));
      Disassembler.append(out, insns[i], next, CallNames.NONE);
      out.append('\n');
      if (InsnWord.code(insns[i]) == LD_IMM64) {
        i++;
      }
    }
    return out.toString();
  }
}
