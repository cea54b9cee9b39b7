package dev.skep.btf;

import java.util.List;

/**
 * One BTF type, decoded. Types refer to each other by id, 0 being void; an anonymous type has the
 * empty name. Layout: Documentation/bpf/btf.rst of the kernel.
 */
@SuppressWarnings("AvoidCommonTypeNames") // the names of the kinds
public sealed interface BtfType {
  int FUNC_STATIC = 0;
  int FUNC_GLOBAL = 1;
  int FUNC_EXTERN = 2;

  /** One of {@link BtfKind}. */
  int kind();

  /** The type's name, empty where it has none. */
  default String name() {
    return "";
  }

  /** Type 0. */
  record Void() implements BtfType {
    @Override
    public int kind() {
      return BtfKind.VOID;
    }
  }

  /**
   * An integer.
   *
   * @param size bytes
   * @param encoding 1 signed, 2 char, 4 bool, or 0
   * @param bitOffset offset of the bits, 0 in what today's compilers write
   * @param bits width in bits
   */
  record Int(String name, int size, int encoding, int bitOffset, int bits) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.INT;
    }

    public boolean isSigned() {
      return (encoding & 1) != 0;
    }
  }

  /** A pointer. */
  record Ptr(int type) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.PTR;
    }
  }

  /** An array of {@code length} elements. */
  record Array(int element, int index, int length) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.ARRAY;
    }
  }

  /**
   * A member of a struct or union.
   *
   * @param bitOffset from the start of the struct
   * @param bitSize width of a bitfield, 0 for an ordinary member
   */
  record Member(String name, int type, int bitOffset, int bitSize) {}

  /**
   * A struct.
   *
   * @param size bytes
   * @param bitfields whether members carry their bitfield size (kind_flag)
   */
  record Struct(String name, int size, boolean bitfields, List<Member> members) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.STRUCT;
    }
  }

  /**
   * A union.
   *
   * @param size bytes
   * @param bitfields whether members carry their bitfield size (kind_flag)
   */
  record Union(String name, int size, boolean bitfields, List<Member> members) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.UNION;
    }
  }

  /** A constant of an enum. */
  record Enumerator(String name, long value) {}

  /** An enum of up to 4 bytes; values are sign-extended from 32 bits where it is signed. */
  record Enum(String name, int size, boolean signed, List<Enumerator> values) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.ENUM;
    }
  }

  /** An enum whose values need 64 bits. */
  record Enum64(String name, int size, boolean signed, List<Enumerator> values) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.ENUM64;
    }
  }

  /** A struct or union that is only declared. */
  record Fwd(String name, boolean union) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.FWD;
    }
  }

  /** A typedef. */
  record Typedef(String name, int type) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.TYPEDEF;
    }
  }

  /** A volatile type. */
  record Volatile(int type) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.VOLATILE;
    }
  }

  /** A const type. */
  record Const(int type) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.CONST;
    }
  }

  /** A restrict pointer. */
  record Restrict(int type) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.RESTRICT;
    }
  }

  /**
   * A function.
   *
   * @param proto id of its FUNC_PROTO
   * @param linkage {@link #FUNC_STATIC}, {@link #FUNC_GLOBAL} or {@link #FUNC_EXTERN}
   */
  record Func(String name, int proto, int linkage) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.FUNC;
    }
  }

  /** A parameter; type 0 as the last one stands for "...". */
  record Param(String name, int type) {}

  /** A function's shape. */
  record FuncProto(int result, List<Param> params) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.FUNC_PROTO;
    }
  }

  /** A global variable; linkage 0 static, 1 global, 2 extern. */
  record Var(String name, int type, int linkage) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.VAR;
    }
  }

  /** The place of one variable (or extern function) in a section, in bytes. */
  record SectionVar(int type, int offset, int size) {}

  /** A data section. */
  record DataSec(String name, int size, List<SectionVar> variables) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.DATASEC;
    }
  }

  /** A floating-point number of {@code size} bytes. */
  record Float(String name, int size) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.FLOAT;
    }
  }

  /**
   * An attribute of a declaration.
   *
   * @param component index of the member or parameter, -1 for the whole
   * @param attribute whether the name is the whole attribute (kind_flag)
   */
  record DeclTag(String name, int type, int component, boolean attribute) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.DECL_TAG;
    }
  }

  /**
   * An attribute of a type.
   *
   * @param attribute whether the name is the whole attribute (kind_flag)
   */
  record TypeTag(String name, int type, boolean attribute) implements BtfType {
    @Override
    public int kind() {
      return BtfKind.TYPE_TAG;
    }
  }
}
