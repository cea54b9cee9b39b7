package dev.skep.jit.arm64;

import dev.skep.jit.MachineCode;
import dev.skep.jit.MachineCode.FaultSite;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The table that a kernel keeps behind a function's code, so that its loads through pointers that
 * may be bad give 0 (struct exception_table_entry, EX_TYPE_BPF). An entry of 12 bytes:
 *
 * <pre>
 *   s32 insn    distance from here to the instruction
 *   s32 fixup   31:27 register to clear, 5 for none
 *               until 6.17: 26:0 distance from the next instruction to here
 *               since 6.18: 21 access to an arena, 20:16 its register, 15:0 its displacement
 *   s16 type    1
 *   s16 data    0
 * </pre>
 */
public final class A64ExceptionTable {
  /** Bytes of an entry. */
  public static final int ENTRY_BYTES = 12;

  private static final int FIXUP = 4;
  private static final int TYPE = 8;
  private static final int EX_TYPE_BPF = 1;
  private static final int DO_NOT_CLEAR = 5;
  private static final int REGISTER_SHIFT = 27;
  private static final int DISTANCE_MASK = (1 << REGISTER_SHIFT) - 1;
  private static final int ARENA_ACCESS = 1 << 21;
  private static final int ARENA_REGISTER_SHIFT = 16;

  private A64ExceptionTable() {}

  /** Offset of a function's table from the start of the code of all. */
  public static int offset(MachineCode code, int function, A64Layout layout) {
    int end = code.functionOffset(function) + code.functionLength(function);
    return end + (layout.patchable() ? Long.BYTES : 0);
  }

  /** The table of one function, as if it stood at {@link #offset}; empty where nothing faults. */
  public static byte[] of(MachineCode code, int function, A64Layout layout) {
    int start = code.functionOffset(function);
    int end = start + code.functionLength(function);
    FaultSite[] faults =
        code.faults().stream()
            .filter(fault -> fault.offset() >= start && fault.offset() < end)
            .toArray(FaultSite[]::new);
    ByteBuffer table =
        ByteBuffer.allocate(ENTRY_BYTES * faults.length).order(ByteOrder.LITTLE_ENDIAN);
    int base = offset(code, function, layout);
    for (int i = 0; i < faults.length; i++) {
      int at = ENTRY_BYTES * i;
      table.putInt(at, faults[i].offset() - (base + at));
      table.putInt(at + FIXUP, fixup(faults[i], base + at + FIXUP, layout.dialect()));
      table.putShort(at + TYPE, (short) EX_TYPE_BPF);
    }
    return table.array();
  }

  private static int fixup(FaultSite fault, int place, A64Layout.Dialect dialect) {
    int register = fault.cleared() < 0 ? DO_NOT_CLEAR : fault.cleared();
    int fixup = register << REGISTER_SHIFT;
    if (dialect == A64Layout.Dialect.LINUX_6_12) {
      return fixup | place - (fault.offset() + 4) & DISTANCE_MASK;
    }
    return fault.arenaBase() < 0
        ? fixup
        : fixup
            | ARENA_ACCESS
            | fault.arenaBase() << ARENA_REGISTER_SHIFT
            | fault.displacement() & 0xffff;
  }
}
