package dev.skep.btf;

import org.jspecify.annotations.Nullable;

/**
 * What the kernel asks of the functions in a program's BTF (btf_func_check, btf_func_proto_check)
 * and compilers do not always keep: clang gives the parameters of naked functions no names. The
 * kernel refuses the whole blob then, and libbpf goes on without it.
 */
public final class BtfFunctions {
  private BtfFunctions() {}

  /**
   * Why the kernel refuses the blob for one of its functions, or null. Functions that the object
   * only declares (".ksyms") are not looked at: {@link BtfExterns} replaces them.
   */
  public static @Nullable String refusal(Btf btf) {
    for (int id = btf.firstId(); id < btf.typeCount(); id++) {
      if (btf.kind(id) != BtfKind.FUNC || btf.vlen(id) == BtfType.FUNC_EXTERN) {
        continue;
      }
      int proto = btf.target(id);
      if (!btf.hasType(proto) || btf.kind(proto) != BtfKind.FUNC_PROTO) {
        return "[" + id + "] FUNC " + btf.name(id) + ": invalid type_id";
      }
      int unnamed = unnamedParameter(btf, proto);
      if (unnamed >= 0) {
        return "[" + id + "] FUNC " + btf.name(id) + ": invalid arg#" + (unnamed + 1);
      }
    }
    return null;
  }

  private static int unnamedParameter(Btf btf, int proto) {
    for (int i = 0; i < btf.vlen(proto); i++) {
      if (btf.paramType(proto, i) != 0 && btf.paramNameOffset(proto, i) == 0) {
        return i;
      }
    }
    return -1;
  }
}
