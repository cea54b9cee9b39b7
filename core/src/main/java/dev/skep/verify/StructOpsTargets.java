package dev.skep.verify;

import static dev.skep.errors.Errno.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.program.AttachTarget;
import dev.skep.program.Helpers;
import dev.skep.program.License;
import dev.skep.program.Program;
import java.util.ArrayList;
import java.util.List;

/**
 * Members of the kernel's structs of functions that programs may implement
 * (check_struct_ops_btf_id).
 */
final class StructOpsTargets {
  private final Program program;
  private final VerifierLog log;

  private StructOpsTargets(Program program, VerifierLog log) {
    this.program = program;
    this.log = log;
  }

  static Attachment check(
      Program program, VerifierOptions options, BtfObjects btfs, VerifierLog log) {
    StructOpsTargets checks = new StructOpsTargets(program, log);
    if (!License.isGplCompatible(program.license())) {
      throw checks.refuse(EINVAL, "struct ops programs must have a GPL compatible license");
    }
    AttachTarget target = AttachTarget.find(program, options.kernel());
    if (target == null && options.kernel().vmlinux() == null) {
      throw new UnsupportedException("programs of type struct_ops without the kernel's BTF");
    }
    if (target == null || target.typeId() == 0) {
      throw new Rejection(ENOTSUPP);
    }
    return checks.member(target, btfs.numberOf(target.module()));
  }

  private Rejection refuse(int errno, String why) {
    log.add(why).line();
    return new Rejection(errno);
  }

  private Attachment member(AttachTarget target, int number) {
    Btf btf = target.btf();
    int id = target.typeId();
    // A struct can be implemented where the kernel has the map value that would hold it.
    if (!btf.hasType(id)
        || btf.kind(id) != BtfKind.STRUCT
        || btf.find("bpf_struct_ops_" + btf.name(id), BtfKind.STRUCT) == 0) {
      throw refuse(ENOTSUPP, "attach_btf_id " + id + " is not a supported struct");
    }
    String struct = btf.name(id);
    int index = program.expectedAttachType();
    if (Integer.compareUnsigned(index, btf.vlen(id)) >= 0) {
      throw refuse(
          EINVAL,
          "attach to invalid member idx "
              + Integer.toUnsignedString(index)
              + " of struct "
              + struct);
    }
    String name = btf.string(btf.memberNameOffset(id, index));
    int pointer = btf.skip(btf.memberType(id, index), true);
    int proto =
        pointer > 0 && btf.kind(pointer) == BtfKind.PTR ? btf.skip(btf.target(pointer), true) : 0;
    if (proto <= 0 || btf.kind(proto) != BtfKind.FUNC_PROTO) {
      throw refuse(
          EINVAL, "attach to invalid member " + name + "(@idx " + index + ") of struct " + struct);
    }
    checkSupported(struct, name);
    return new Attachment(btf, number, id, name, proto, false, arguments(btf, struct, name, proto));
  }

  private void checkSupported(String struct, String member) {
    boolean unsupported =
        switch (struct) {
          case "tcp_congestion_ops" -> member.equals("get_info");
          default -> false;
        };
    if (unsupported) {
      throw refuse(ENOTSUPP, "attach to unsupported member " + member + " of struct " + struct);
    }
    if (struct.equals("bpf_dummy_ops")
        && LoadChecks.sleepable(program)
        && !member.equals("test_sleepable")) {
      throw refuse(EINVAL, "attach to unsupported member " + member + " of struct " + struct);
    }
  }

  private boolean tailCalls() {
    for (long word : program.insns()) {
      if (Subprogs.isHelperCall(word) && InsnWord.imm(word) == Helpers.TAIL_CALL) {
        return true;
      }
    }
    return false;
  }

  /**
   * The kernel marks arguments of members in the names of the parameters of stub functions
   * (prepare_arg_info).
   */
  private List<Attachment.Argument> arguments(Btf btf, String struct, String member, int proto) {
    List<Attachment.Argument> arguments = new ArrayList<>();
    int stub = btf.find(struct + "__" + member, BtfKind.FUNC);
    int stubProto = stub == 0 ? 0 : btf.target(stub);
    int offset = 0;
    for (int i = 0; stub != 0 && i < Math.min(btf.vlen(stubProto), btf.vlen(proto)); i++) {
      String name = btf.string(btf.paramNameOffset(stubProto, i));
      if (name.endsWith("__ref") && tailCalls()) {
        // The program that is jumped to would not know that it holds a reference.
        throw refuse(EINVAL, "program with __ref argument cannot tail call");
      }
      int type = btf.skip(btf.paramType(proto, i), true);
      if (name.endsWith("__nullable") || name.endsWith("__ref")) {
        boolean nullable = name.endsWith("__nullable");
        arguments.add(
            new Attachment.Argument(
                offset,
                RegType.BTF_ID | RegType.PTR_TRUSTED | (nullable ? RegType.MAYBE_NULL : 0),
                btf.skip(btf.target(type), true),
                !nullable));
      }
      offset += (int) Math.max(8, btf.sizeOf(type) + 7 & -8);
    }
    return arguments;
  }
}
