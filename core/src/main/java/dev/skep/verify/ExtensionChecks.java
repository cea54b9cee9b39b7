package dev.skep.verify;

import static dev.skep.errors.Errno.EINVAL;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.AttachType;
import dev.skep.program.FuncInfo;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;

/**
 * Whether a program may replace a function of another one (bpf_check_attach_target with a target
 * program, btf_check_func_type_match).
 */
final class ExtensionChecks {
  /** Linkage of a FUNC that other objects may call (BTF_FUNC_GLOBAL). */
  private static final int GLOBAL = 1;

  private final Extension extension;
  private final VerifierLog log;

  ExtensionChecks(Extension extension, VerifierLog log) {
    this.extension = extension;
    this.log = log;
  }

  /** {@link Verifier#checkAttach}. */
  static int attach(VerifiedProgram verified, TargetProgram target, int typeId) {
    Program program = verified.program();
    SubprogFacts main = verified.subprogs().getFirst();
    Extension extension =
        new Extension(
            program,
            verified.options().host().jit(),
            main.changesPacketData(),
            main.mightSleep(),
            target,
            typeId);
    try {
      new ExtensionChecks(extension, new VerifierLog(0, 0)).check();
    } catch (Rejection rejection) {
      return rejection.errno();
    }
    Program other = target.program();
    boolean same =
        program.resolvedType() == other.type()
            && LoadChecks.attachType(program) == LoadChecks.attachType(other);
    return same ? 0 : EINVAL;
  }

  private Rejection refuse(String why) {
    log.add(why).line();
    return new Rejection(EINVAL);
  }

  /**
   * The function that is replaced.
   *
   * @return a FUNC of the target's BTF
   * @throws Rejection with the reason in the log
   */
  int check() {
    if (extension.of().program().btf() == null) {
      throw refuse("Tracing program can only be attached to another program annotated with BTF");
    }
    Btf btf = extension.targetBtf();
    int id = extension.typeId();
    if (!btf.hasType(id)) {
      throw refuse("attach_btf_id " + Integer.toUnsignedString(id) + " is invalid");
    }
    if (btf.nameOffset(id) == 0) {
      throw refuse("attach_btf_id " + id + " doesn't have a name");
    }
    checkTarget(btf, id);
    if (btf.kind(id) != BtfKind.FUNC) {
      throw refuse("attach_btf_id " + id + " is not a function");
    }
    checkPrototype(btf, id);
    return id;
  }

  private void checkTarget(Btf btf, int id) {
    TargetProgram target = extension.of();
    int number = target.functionOf(id);
    if (number < 0) {
      throw refuse("Subprog " + btf.name(id) + " doesn't exist");
    }
    TargetProgram.Function function = target.functions().get(number);
    if (function.exceptionCallback()) {
      throw refuse("Extension programs cannot attach to exception callback");
    }
    if (function.unreliable()) {
      throw refuse("Cannot replace static functions");
    }
    if (!extension.jitRequested()) {
      throw refuse("Extension programs should be JITed");
    }
    if (extension.changesPacketData() && !function.changesPacketData()) {
      throw refuse("Extension program changes packet data, while original does not");
    }
    if (extension.mightSleep() && !function.mightSleep()) {
      throw refuse("Extension program may sleep, while original does not");
    }
    if (!target.jited()) {
      throw refuse("Can attach to only JITed progs");
    }
    checkKind(target.program());
  }

  private void checkKind(Program target) {
    if (target.type() == ProgramType.EXT) {
      throw refuse("Cannot recursively attach");
    }
    if (target.type() == ProgramType.TRACING) {
      switch (AttachType.ofNumber(target.expectedAttachType())) {
        case TRACE_FENTRY, TRACE_FEXIT -> throw refuse("Cannot extend fentry/fexit");
        case null, default -> {}
      }
    }
  }

  // Prototypes --------------------------------------------------------------------------------

  private void checkPrototype(Btf target, int function) {
    Btf own = extension.program().btf();
    List<FuncInfo> records = extension.program().funcInfo();
    if (own == null || records.isEmpty()) {
      throw refuse("Program extension requires BTF");
    }
    int main = records.getFirst().typeId();
    Side replacing = new Side(own, main, own.target(main), own.name(main));
    Side replaced = new Side(target, function, target.target(function), target.name(function));
    for (Side side : List.of(replacing, replaced)) {
      if (side.btf.vlen(side.function) != GLOBAL) {
        throw refuse(side.name + "() is not a global function");
      }
    }
    compare(replacing, replaced);
  }

  /** One of the two functions. */
  private record Side(Btf btf, int function, int proto, String name) {
    int arguments() {
      return btf.vlen(proto);
    }

    /** The type of an argument behind all modifiers and typedefs. */
    int argument(int i) {
      return behind(btf.paramType(proto, i));
    }

    int result() {
      return behind(btf.target(proto));
    }

    int behind(int type) {
      int found = btf.skip(type, true);
      if (found < 0) {
        throw new Rejection(EINVAL);
      }
      return found;
    }

    String kind(int type) {
      return BtfKind.name(btf.kind(type));
    }
  }

  private void compare(Side a, Side b) {
    if (a.arguments() != b.arguments()) {
      throw refuse(
          a.name + "() has " + a.arguments() + " args while " + b.name + "() has " + b.arguments());
    }
    if (!sameInfo(a, a.result(), b, b.result())) {
      throw refuse(
          "Return type "
              + a.kind(a.result())
              + " of "
              + a.name
              + "() doesn't match type "
              + b.kind(b.result())
              + " of "
              + b.name
              + "()");
    }
    for (int i = 0; i < a.arguments(); i++) {
      compareArgument(a, b, i);
    }
  }

  private void compareArgument(Side a, Side b, int i) {
    int x = a.argument(i);
    int y = b.argument(i);
    String where = "arg" + i + " in " + a.name + "() ";
    if (!sameInfo(a, x, b, y)) {
      throw refuse(where + "is " + a.kind(x) + " while " + b.name + "() has " + b.kind(y));
    }
    int kind = a.btf.kind(x);
    if (hasSize(kind) && a.btf.size(x) != b.btf.size(y)) {
      throw refuse(
          where + "has size " + a.btf.size(x) + " while " + b.name + "() has " + b.btf.size(y));
    }
    if (kind == BtfKind.INT || BtfKind.isAnyEnum(kind)) {
      return;
    }
    if (kind != BtfKind.PTR) {
      throw refuse(where + "has unrecognized type");
    }
    comparePointer(a, a.behind(a.btf.target(x)), b, b.behind(b.btf.target(y)), i);
  }

  private void comparePointer(Side a, int x, Side b, int y, int i) {
    if (!BtfKind.isComposite(a.btf.kind(x))) {
      throw refuse("arg" + i + " in " + a.name + "() is not a pointer to context");
    }
    if (!BtfKind.isComposite(b.btf.kind(y))) {
      throw refuse("arg" + i + " in " + b.name + "() is not a pointer to context");
    }
    String s = a.btf.name(x);
    String t = b.btf.name(y);
    if (!s.equals(t)) {
      throw refuse(
          "arg"
              + i
              + " "
              + a.name
              + "(struct "
              + s
              + " *) doesn't match "
              + b.name
              + "(struct "
              + t
              + " *)");
    }
  }

  /** Whether kind, number of members and flag are alike: the word info of struct btf_type. */
  private static boolean sameInfo(Side a, int x, Side b, int y) {
    if (x == 0 || y == 0) {
      return x == y;
    }
    return a.btf.kind(x) == b.btf.kind(y)
        && a.btf.vlen(x) == b.btf.vlen(y)
        && a.btf.kindFlag(x) == b.btf.kindFlag(y);
  }

  private static boolean hasSize(int kind) {
    return switch (kind) {
      case BtfKind.INT,
          BtfKind.STRUCT,
          BtfKind.UNION,
          BtfKind.ENUM,
          BtfKind.DATASEC,
          BtfKind.FLOAT,
          BtfKind.ENUM64 ->
          true;
      default -> false;
    };
  }

  /** Programs whose context is a kernel function's arguments are not extended yet. */
  void checkSupported() {
    ProgramType type = extension.of().program().type();
    switch (type) {
      case TRACING, LSM, STRUCT_OPS ->
          throw new UnsupportedException("extensions of programs of type " + type.text());
      default -> {}
    }
  }
}
