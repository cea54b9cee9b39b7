package dev.skep.cli;

import dev.skep.jit.JitedListing;
import dev.skep.jit.MachineCode;
import dev.skep.jit.MachineCode.PokeSite;
import dev.skep.jit.Relocation;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.PokeDescriptor;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.XlatedText;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What machine code refers to, by the places in it: functions, maps, slots of program arrays. */
final class CodeNotes {
  /** The slots of program arrays. */
  @FunctionalInterface
  interface Slots {
    /** All are empty. */
    Slots EMPTY = (map, key) -> null;

    /** Name of the program in a slot of the program's map, or null where it is empty. */
    @Nullable String program(int map, int key);
  }

  /** jmp rel32. */
  private static final byte JUMP = (byte) 0xe9;

  private static final int JUMP_BYTES = 5;

  private final RunnableProgram runnable;
  private final TreeMap<Integer, Relocation> relocations = new TreeMap<>();
  private final Map<Integer, DirectSite> sites = new HashMap<>();

  /**
   * @param userLayout a direct tail call is one jump, not two places
   */
  CodeNotes(RunnableProgram runnable, MachineCode code, boolean userLayout, Slots slots) {
    this.runnable = runnable;
    byte[] bytes = code.bytes();
    for (Relocation relocation : code.relocations()) {
      relocations.put(relocation.offset(), relocation);
    }
    for (PokeSite site : code.pokes()) {
      PokeDescriptor poke = runnable.pokes().get(site.poke());
      String map = runnable.program().maps().get(poke.map()).name();
      String program = slots.program(poke.map(), poke.key());
      int key = poke.key();
      if (userLayout) {
        boolean leaves = jumpTarget(bytes, site.target()) != site.bypass();
        sites.put(site.target(), new DirectSite("jump", map, key, leaves, program));
      } else {
        boolean open = bytes[site.bypass()] != JUMP;
        boolean jumps = bytes[site.target()] == JUMP;
        sites.put(site.bypass(), new DirectSite("bypass", map, key, open, program));
        sites.put(site.target(), new DirectSite("target", map, key, jumps, program));
      }
    }
  }

  private static int jumpTarget(byte[] bytes, int jump) {
    ByteBuffer code = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return jump + JUMP_BYTES + code.getInt(jump + 1);
  }

  /** The part of a direct tail call that the instruction is, or null. */
  @Nullable DirectSite site(JitedListing.Line line) {
    return sites.get(line.at());
  }

  /** What the instruction refers to, or empty. */
  String of(JitedListing.Line line) {
    DirectSite site = site(line);
    if (site != null) {
      return site.text();
    }
    Map.Entry<Integer, Relocation> next = relocations.ceilingEntry(line.at());
    return next == null || next.getKey() >= line.end() ? "" : text(next.getValue());
  }

  private String text(Relocation relocation) {
    int operand = relocation.operand();
    return switch (relocation.kind()) {
      case RETURN_THUNK -> "__x86_return_thunk";
      case INDIRECT_THUNK -> "__x86_indirect_thunk_rcx";
      case CALL_HELPER -> {
        String name = XlatedText.functionName(operand);
        yield name == null ? "function #" + operand : name;
      }
      case CALL_KFUNC -> "kernel function #" + operand;
      case CALL_FUNCTION, FUNCTION -> function(runnable, operand);
      case MAP -> "map[id:" + (operand + 1) + "] " + runnable.program().maps().get(operand).name();
      case KERNEL_VARIABLE -> KernelVariable.values()[operand].symbol();
      case ARENA -> "arena";
      case PER_CPU -> "this CPU's base";
      case PRIVATE_STACK -> "private stack";
    };
  }

  /** Name of one of the program's functions. */
  static String function(RunnableProgram runnable, int number) {
    if (number == 0) {
      return runnable.program().name();
    }
    String name = XlatedText.subprogName(runnable, number);
    return name == null ? "subprog_" + number : name;
  }
}
