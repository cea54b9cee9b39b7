package dev.skep.btf;

import java.util.ArrayList;
import java.util.List;

/** Makes {@link BtfType} records of a blob's bytes. */
final class BtfDecoder {
  private static final BtfType VOID = new BtfType.Void();

  private BtfDecoder() {}

  static BtfType decode(Btf btf, int id) {
    String name = id == 0 ? "" : btf.name(id);
    return switch (btf.kind(id)) {
      case BtfKind.VOID -> VOID;
      case BtfKind.INT ->
          new BtfType.Int(
              name, btf.size(id), btf.intEncoding(id), btf.intBitOffset(id), btf.intBits(id));
      case BtfKind.PTR -> new BtfType.Ptr(btf.target(id));
      case BtfKind.ARRAY ->
          new BtfType.Array(btf.arrayElement(id), btf.arrayIndex(id), btf.arrayLength(id));
      case BtfKind.STRUCT ->
          new BtfType.Struct(name, btf.size(id), btf.kindFlag(id), members(btf, id));
      case BtfKind.UNION ->
          new BtfType.Union(name, btf.size(id), btf.kindFlag(id), members(btf, id));
      case BtfKind.ENUM -> new BtfType.Enum(name, btf.size(id), btf.kindFlag(id), values(btf, id));
      case BtfKind.ENUM64 ->
          new BtfType.Enum64(name, btf.size(id), btf.kindFlag(id), values(btf, id));
      case BtfKind.FWD -> new BtfType.Fwd(name, btf.kindFlag(id));
      case BtfKind.TYPEDEF -> new BtfType.Typedef(name, btf.target(id));
      case BtfKind.VOLATILE -> new BtfType.Volatile(btf.target(id));
      case BtfKind.CONST -> new BtfType.Const(btf.target(id));
      case BtfKind.RESTRICT -> new BtfType.Restrict(btf.target(id));
      case BtfKind.FUNC -> new BtfType.Func(name, btf.target(id), btf.vlen(id));
      case BtfKind.FUNC_PROTO -> new BtfType.FuncProto(btf.target(id), params(btf, id));
      case BtfKind.VAR -> new BtfType.Var(name, btf.target(id), btf.varLinkage(id));
      case BtfKind.DATASEC -> new BtfType.DataSec(name, btf.size(id), variables(btf, id));
      case BtfKind.FLOAT -> new BtfType.Float(name, btf.size(id));
      case BtfKind.DECL_TAG ->
          new BtfType.DeclTag(name, btf.target(id), btf.tagComponent(id), btf.kindFlag(id));
      case BtfKind.TYPE_TAG -> new BtfType.TypeTag(name, btf.target(id), btf.kindFlag(id));
      default -> throw new IllegalStateException("kind " + btf.kind(id) + " passed the reader");
    };
  }

  private static List<BtfType.Member> members(Btf btf, int id) {
    List<BtfType.Member> members = new ArrayList<>();
    for (int i = 0; i < btf.vlen(id); i++) {
      members.add(
          new BtfType.Member(
              btf.string(btf.memberNameOffset(id, i)),
              btf.memberType(id, i),
              btf.memberBitOffset(id, i),
              btf.memberBitSize(id, i)));
    }
    return List.copyOf(members);
  }

  private static List<BtfType.Enumerator> values(Btf btf, int id) {
    List<BtfType.Enumerator> values = new ArrayList<>();
    for (int i = 0; i < btf.vlen(id); i++) {
      String name = btf.string(btf.enumNameOffset(id, i));
      values.add(new BtfType.Enumerator(name, btf.enumValue(id, i)));
    }
    return List.copyOf(values);
  }

  private static List<BtfType.Param> params(Btf btf, int id) {
    List<BtfType.Param> params = new ArrayList<>();
    for (int i = 0; i < btf.vlen(id); i++) {
      params.add(new BtfType.Param(btf.string(btf.paramNameOffset(id, i)), btf.paramType(id, i)));
    }
    return List.copyOf(params);
  }

  private static List<BtfType.SectionVar> variables(Btf btf, int id) {
    List<BtfType.SectionVar> variables = new ArrayList<>();
    for (int i = 0; i < btf.vlen(id); i++) {
      variables.add(
          new BtfType.SectionVar(
              btf.sectionVarType(id, i), btf.sectionVarOffset(id, i), btf.sectionVarSize(id, i)));
    }
    return List.copyOf(variables);
  }
}
