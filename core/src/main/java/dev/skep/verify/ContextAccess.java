package dev.skep.verify;

import dev.skep.errors.Errno;
import dev.skep.program.ContextLayout;
import org.jspecify.annotations.Nullable;

/** Loads from and stores to the context (check_ctx_access). */
final class ContextAccess {
  private final Env env;
  private final @Nullable ContextLayout layout;
  private final @Nullable BtfContext arguments;

  ContextAccess(Env env) {
    this.env = env;
    Attachment attachment = env.attachment;
    arguments = attachment == null ? null : new BtfContext(env, attachment);
    layout = ContextLayout.of(env.program.resolvedType(), LoadChecks.attachType(env.program));
  }

  void check(int insn, int off, int size, boolean write, int value, boolean signed) {
    BtfContext target = arguments;
    if (target != null) {
      checkArgument(target, insn, off, size, write, value);
      return;
    }
    ContextLayout fields = layout;
    if (fields == null) {
      throw env.unsupported("context of program type " + env.program.resolvedType().text());
    }
    if (write) {
      if (!fields.write(off, size)) {
        throw invalid(insn, off, size);
      }
      env.facts.contextEnd = Math.max(env.facts.contextEnd, off + size);
      return;
    }
    ContextLayout.Value loaded = fields.read(off, size);
    if (loaded == null || signed && isPacket(loaded)) {
      throw invalid(insn, off, size);
    }
    env.facts.contextEnd = Math.max(env.facts.contextEnd, off + size);
    env.facts.ctxFieldSize[insn] = (byte) fields.fieldSize(off, size);
    if (value < 0) {
      return;
    }
    load(env.regs(), Frame.reg(value), loaded);
  }

  private void checkArgument(
      BtfContext target, int insn, int off, int size, boolean write, int value) {
    if (!target.check(off, size, write)) {
      throw invalid(insn, off, size);
    }
    env.facts.contextEnd = Math.max(env.facts.contextEnd, off + size);
    if (value < 0) {
      return;
    }
    long[] r = env.regs();
    int at = Frame.reg(value);
    if (target.type == RegType.SCALAR) {
      Reg.markUnknown(r, at, false);
      if (target.result) {
        boolean yesOrNo = LsmHooks.isBoolean(target.name());
        env.scalars.intersectRange(r, at, yesOrNo ? 0 : -ReturnValues.MAX_ERRNO, yesOrNo ? 1 : 0);
      }
      return;
    }
    Reg.markPointer(r, at, target.type);
    if ((target.type & RegType.MAYBE_NULL) != 0) {
      Reg.setId(r, at, env.nextId());
    }
    Reg.setSubregDef(r, at, 0);
    if (RegType.base(target.type) == RegType.BTF_ID) {
      Reg.setHandles(r, at, target.typeId, target.number);
      Reg.setRefObjId(r, at, target.reference);
    }
  }

  private static boolean isPacket(ContextLayout.Value value) {
    return switch (value) {
      case PACKET, PACKET_END, PACKET_META -> true;
      default -> false;
    };
  }

  private void load(long[] r, int at, ContextLayout.Value value) {
    int type =
        switch (value) {
          case SCALAR -> RegType.SCALAR;
          case PACKET -> RegType.PACKET;
          case PACKET_END -> RegType.PACKET_END;
          case PACKET_META -> RegType.PACKET_META;
          case FLOW_KEYS -> RegType.FLOW_KEYS;
          case SOCKET -> RegType.SOCKET;
          case SOCKET_OR_NULL -> RegType.SOCKET | RegType.MAYBE_NULL;
          case SOCK_COMMON_OR_NULL -> RegType.SOCK_COMMON | RegType.MAYBE_NULL;
          case TRACEPOINT_BUFFER -> RegType.TP_BUFFER;
          case HOOK_STATE, SOCKET_BUFFER -> RegType.BTF_ID | RegType.PTR_TRUSTED;
        };
    if (type == RegType.SCALAR) {
      Reg.markUnknown(r, at, false);
      return;
    }
    Reg.markPointer(r, at, type);
    if ((type & RegType.MAYBE_NULL) != 0) {
      Reg.setId(r, at, env.nextId());
    }
    Reg.setSubregDef(r, at, 0);
    if (RegType.base(type) == RegType.BTF_ID) {
      String struct = value == ContextLayout.Value.HOOK_STATE ? "nf_hook_state" : "sk_buff";
      Reg.setHandles(r, at, env.btfs.kernelStruct(struct), BtfObjects.VMLINUX);
    }
  }

  private Rejection invalid(int insn, int off, int size) {
    Rejection rejection =
        env.reject(Errno.EACCES, "invalid bpf_context access off=" + off + " size=" + size);
    env.trace.sourceLine(insn, "; ");
    return rejection;
  }
}
