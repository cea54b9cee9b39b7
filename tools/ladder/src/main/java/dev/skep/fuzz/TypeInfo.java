package dev.skep.fuzz;

import dev.skep.btf.Btf;
import dev.skep.fuzz.Value.Kind;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The BTF of a generated program: a function type for each function, and some source lines. */
final class TypeInfo {
  private static final int HEADER_BYTES = 24;
  private static final int INT = 1;
  private static final int PTR = 2;
  private static final int STRUCT = 4;
  private static final int FUNC = 12;
  private static final int FUNC_PROTO = 13;
  private static final int SIGNED_32_BITS = 0x0100_0020;
  private static final int GLOBAL = 1;

  private final ByteBuffer types = ByteBuffer.allocate(1 << 14).order(ByteOrder.LITTLE_ENDIAN);
  private final StringBuilder strings = new StringBuilder("\0");
  private final List<FuncInfo> functions = new ArrayList<>();
  private final List<LineInfo> lines = new ArrayList<>();
  private int count;

  /**
   * Describes the functions of a plan.
   *
   * @param starts first instruction of each
   * @param insns the linked program
   */
  static TypeInfo of(Plan plan, int[] starts, long[] insns) {
    TypeInfo info = new TypeInfo();
    int number = info.type(info.string("int"), INT, 0, 4);
    info.types.putInt(SIGNED_32_BITS);
    String contextName = plan.facts.contextName();
    String name = contextName == null ? "context" : contextName;
    int struct = info.type(info.string(name), STRUCT, 0, 0);
    int context = info.type(0, PTR, 0, struct);
    for (int i = 0; i < starts.length; i++) {
      FunctionGenerator function = plan.functions.get(i);
      List<Value> parameters = i == 0 ? List.of() : function.parameters;
      int proto = info.type(0, FUNC_PROTO, parameters.size(), number);
      for (Value parameter : parameters) {
        info.types.putInt(info.string("a"));
        info.types.putInt(parameter.is(Kind.CONTEXT) ? context : number);
      }
      boolean global = i == 0 || function.global;
      int id = info.type(info.string("f" + i), FUNC, global ? GLOBAL : 0, proto);
      info.functions.add(new FuncInfo(starts[i], id));
    }
    if (plan.dice.percent(50)) {
      info.lines(plan.dice, starts, insns);
    }
    return info;
  }

  private void lines(Dice dice, int[] starts, long[] insns) {
    int file = string("/src/gen.c");
    int next = 0;
    for (int i = 0; i < insns.length; i++) {
      boolean start = next < starts.length && starts[next] == i;
      next += start ? 1 : 0;
      boolean second = i > 0 && (insns[i - 1] & 0xff) == Code.LD_IMM64 && (insns[i] & 0xff) == 0;
      if (start || !second && dice.percent(30)) {
        int line = dice.between(1, 40);
        lines.add(new LineInfo(i, file, string("  line " + line), line << 10 | 3));
      }
    }
  }

  private int type(int name, int kind, int vlen, int sizeOrType) {
    types.putInt(name).putInt(kind << 24 | vlen).putInt(sizeOrType);
    return ++count;
  }

  private int string(String text) {
    int at = strings.indexOf("\0" + text + "\0");
    if (at >= 0) {
      return at + 1;
    }
    int offset = strings.length();
    strings.append(text).append('\0');
    return offset;
  }

  Btf btf() {
    byte[] names = strings.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer out =
        ByteBuffer.allocate(HEADER_BYTES + types.position() + names.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    out.putShort((short) 0xeb9f).put((byte) 1).put((byte) 0).putInt(HEADER_BYTES);
    out.putInt(0).putInt(types.position()).putInt(types.position()).putInt(names.length);
    out.put(types.array(), 0, types.position()).put(names);
    return Btf.parse(out.array());
  }

  List<FuncInfo> functions() {
    return functions;
  }

  List<LineInfo> lines() {
    return lines;
  }
}
