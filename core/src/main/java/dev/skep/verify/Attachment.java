package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.program.AttachPrototype;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a program of type tracing, lsm, ext or struct_ops is attached to, once it was found fit
 * (prog->aux->attach_func_proto and its neighbours).
 *
 * @param number of the BTF in {@link BtfObjects}
 * @param typeId the target's id (attach_btf_id)
 * @param name the function, tracepoint or member as messages name it
 * @param proto FUNC_PROTO whose parameters the context holds; 0 where the target's BTF cannot be
 *     relied on
 * @param tracepoint whether the first parameter is none of the context (attach_btf_trace)
 * @param arguments what is known of some parameters beyond their types (ctx_arg_info)
 */
record Attachment(
    Btf btf,
    int number,
    int typeId,
    String name,
    int proto,
    boolean tracepoint,
    List<Argument> arguments) {

  /**
   * A parameter that the kernel describes itself (struct bpf_ctx_arg_aux).
   *
   * @param offset in the context, bytes
   * @param type a {@link RegType}
   * @param typeId struct that a BTF_ID points to, of vmlinux
   * @param referenced whether the program holds a reference to it, which it must release
   */
  record Argument(int offset, int type, int typeId, boolean referenced) {
    Argument(int offset, int type, int typeId) {
      this(offset, type, typeId, false);
    }
  }

  /** The prototype as it is compared between programs, null where it is not relied on. */
  @Nullable AttachPrototype prototype() {
    return proto == 0 ? null : new AttachPrototype(btf, proto);
  }

  /** Whether the function returns nothing. */
  boolean returnsVoid() {
    return proto != 0 && btf.target(proto) == 0;
  }
}
