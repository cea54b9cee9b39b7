package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;

/** Atomic instructions (check_atomic). */
final class Atomics {
  private final Env env;
  private final Operands operands;
  private final MemoryAccess memory;

  Atomics(Env env, Operands operands, MemoryAccess memory) {
    this.env = env;
    this.operands = operands;
    this.memory = memory;
  }

  void check(long word) {
    int imm = InsnWord.imm(word);
    switch (imm) {
      case ADD, AND, OR, XOR, ADD | FETCH, AND | FETCH, OR | FETCH, XOR | FETCH, XCHG, CMPXCHG ->
          modify(word, imm);
      case LOAD_ACQ -> load(word);
      case STORE_REL -> store(word);
      default -> {
        String hex = Integer.toHexString(imm);
        throw env.reject(
            Errno.EINVAL,
            "BPF_ATOMIC uses invalid atomic opcode " + (hex.length() < 2 ? "0" : "") + hex);
      }
    }
  }

  private void modify(long word, int imm) {
    int size = bytes(InsnWord.code(word));
    if (size < 4) {
      throw env.reject(Errno.EINVAL, "invalid atomic operand size");
    }
    int src = InsnWord.src(word);
    int dst = InsnWord.dst(word);
    int off = InsnWord.off(word);
    operands.source(src);
    operands.source(dst);
    if (imm == CMPXCHG) {
      operands.source(0);
      env.mustNotLeak(0, "into mem");
    }
    env.mustNotLeak(src, "into mem");
    checkPointer(dst, "stores into");
    int loaded = MemoryAccess.NO_REGISTER;
    if ((imm & FETCH) != 0) {
      loaded = imm == CMPXCHG ? 0 : src;
      operands.unknownTarget(loaded);
    }
    int insn = env.insn;
    memory.check(insn, dst, off, size, false, MemoryAccess.NO_REGISTER, true, false);
    if (loaded >= 0) {
      memory.check(insn, dst, off, size, false, loaded, true, false);
    }
    if (Reg.type(env.regs(), Frame.reg(dst)) == ARENA) {
      memory.notePointer(ARENA, false);
    }
    memory.check(insn, dst, off, size, true, MemoryAccess.NO_REGISTER, true, false);
  }

  private void checkPointer(int regno, String what) {
    int type = Reg.type(env.regs(), Frame.reg(regno));
    boolean allowed =
        switch (type) {
          case CTX, PACKET, PACKET_META, FLOW_KEYS, SOCKET, SOCK_COMMON, TCP_SOCK, XDP_SOCK ->
              false;
          default -> true;
        };
    if (!allowed) {
      throw env.reject(
          Errno.EACCES,
          "BPF_ATOMIC " + what + " R" + regno + " " + RegTypeText.of(type) + " is not allowed");
    }
  }

  private void load(long word) {
    int src = InsnWord.src(word);
    int dst = InsnWord.dst(word);
    operands.source(src);
    operands.target(dst);
    int type = Reg.type(env.regs(), Frame.reg(src));
    memory.check(
        env.insn, src, InsnWord.off(word), bytes(InsnWord.code(word)), false, dst, true, false);
    memory.notePointer(type, false);
    env.scalars.check(env.regs(), Frame.reg(dst), "atomic_load");
    checkPointer(src, "loads from");
  }

  private void store(long word) {
    int dst = InsnWord.dst(word);
    operands.source(InsnWord.src(word));
    operands.source(dst);
    int type = Reg.type(env.regs(), Frame.reg(dst));
    memory.check(
        env.insn,
        dst,
        InsnWord.off(word),
        bytes(InsnWord.code(word)),
        true,
        InsnWord.src(word),
        true,
        false);
    memory.notePointer(type, false);
    checkPointer(dst, "stores into");
  }
}
