package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import dev.skep.verify.RegType;
import org.jspecify.annotations.Nullable;

/**
 * Turns accesses of the user's view of a context or socket into accesses of the kernel's structs,
 * loads through pointers that may fault into probing ones, and adds speculation barriers and the
 * program type's prologue (convert_ctx_accesses).
 */
final class ContextAccesses {
  private static final int PROBED = RegType.BTF_ID;
  private static final int PROBED_UNTRUSTED = RegType.BTF_ID | RegType.PTR_UNTRUSTED;
  private static final int PROBED_ALLOCATED =
      RegType.BTF_ID | RegType.MEM_ALLOC | RegType.PTR_UNTRUSTED;
  private static final int PROBED_MEMORY = RegType.MEM | RegType.MEM_RDONLY | RegType.PTR_UNTRUSTED;

  private final Code code;
  private final Patch patch;
  private final Access access;
  private final @Nullable ContextConverter context;

  private ContextAccesses(Code code) {
    this.code = code;
    patch = new Patch(code);
    access = new Access(patch);
    context = Contexts.of(code);
  }

  static void run(Code code) {
    new ContextAccesses(code).walk();
  }

  private void walk() {
    for (int i = 0; i < code.length; i++) {
      patch.begin(i);
      if (i == 0 && code.verified.writesPacket()) {
        Prologue.emit(code.program.resolvedType(), patch);
      }
      int origin = code.origin[i];
      if (origin >= 0 && code.facts.nospec[origin]) {
        patch.emit(Words.NOSPEC_WORD);
      }
      convert(code.insns[i], origin);
    }
    patch.finish();
  }

  private void convert(long word, int origin) {
    if (origin < 0) {
      patch.keep();
      return;
    }
    int type = code.facts.pointerType[origin];
    int op = InsnWord.code(word);
    boolean read = classOf(op) == LDX && (mode(op) == MEM || mode(op) == MEMSX);
    boolean write = (classOf(op) == STX || classOf(op) == ST) && mode(op) == MEM;
    if (classOf(op) == STX && mode(op) == ATOMIC && type == RegType.ARENA) {
      patch.keep(InsnWord.withCode(word, STX | PROBE_ATOMIC | size(op)));
    } else if (!read && !write) {
      patch.keep();
    } else if (write && code.facts.nospecResult[origin]) {
      patch.emitOld(word);
      patch.emit(Words.NOSPEC_WORD);
    } else {
      access(word, origin, type, write);
    }
  }

  private void access(long word, int origin, int type, boolean write) {
    switch (type) {
      case RegType.CTX -> struct(word, origin, write, context);
      case RegType.SOCKET, RegType.SOCK_COMMON -> struct(word, origin, write, SockFields.SOCK);
      case RegType.TCP_SOCK -> struct(word, origin, write, SockFields.TCP_SOCK);
      case RegType.XDP_SOCK -> struct(word, origin, write, SockFields.XDP_SOCK);
      case PROBED, PROBED_UNTRUSTED, PROBED_ALLOCATED, PROBED_MEMORY ->
          patch.keep(write ? word : withModes(word, PROBE_MEM, PROBE_MEMSX));
      case RegType.ARENA -> patch.keep(withModes(word, PROBE_MEM32, PROBE_MEM32SX));
      default -> patch.keep();
    }
  }

  private static long withModes(long word, int plain, int signed) {
    int op = InsnWord.code(word);
    return InsnWord.withCode(word, op & 0x1f | (mode(op) == MEMSX ? signed : plain));
  }

  private void struct(long word, int origin, boolean write, @Nullable ContextConverter converter) {
    if (converter == null) {
      patch.keep();
      return;
    }
    int op = InsnWord.code(word);
    int size = bytes(op);
    int fieldSize = code.facts.ctxFieldSize[origin];
    int off = InsnWord.off(word);
    boolean narrow = !write && size < fieldSize;
    if (narrow) {
      access.set(widened(word, off, fieldSize), false);
    } else {
      access.set(word, write);
    }
    int target = converter.convert(access);
    int dst = InsnWord.dst(word);
    if (narrow && size < target) {
      shiftAndMask(dst, off & fieldSize - 1, size, fieldSize);
    }
    if (mode(op) == MEMSX) {
      patch.emit(InsnWord.of(MOV64_X, dst, dst, size * 8, 0));
    }
  }

  private static long widened(long word, int off, int fieldSize) {
    int size = fieldSize == 8 ? DW : fieldSize == 4 ? W : H;
    return InsnWord.withOff(InsnWord.withCode(word, LDX | MEM | size), off & -fieldSize);
  }

  private void shiftAndMask(int dst, int byteOff, int size, int fieldSize) {
    boolean wide = fieldSize == 8;
    if (byteOff != 0) {
      patch.emit(
          wide ? Words.aluImm(RSH, dst, byteOff * 8) : Words.alu32Imm(RSH, dst, byteOff * 8));
    }
    patch.emit(Words.alu32Imm(AND, dst, (int) ((1L << size * 8) - 1)));
  }
}
