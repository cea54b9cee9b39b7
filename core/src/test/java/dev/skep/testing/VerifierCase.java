package dev.skep.testing;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.btf.BtfType.Param;
import dev.skep.isa.Assembler;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.FuncInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program and what the verifier says of it.
 *
 * @param checks numbers of the checks that it is for
 * @param flags BPF_F_* of BPF_PROG_LOAD
 * @param maps what {@code map[0]}, {@code map[1]} ... in the text stand for
 * @param text for {@link Assembler}; "{name}" stands for the id of a kernel function
 * @param linux what Linux 6.18 says: "accepted", or the errno's name and the last line of its log
 * @param mainline what later ones say
 */
public record VerifierCase(
    List<Integer> checks,
    String name,
    ProgramType type,
    int flags,
    List<MapSpec> maps,
    String text,
    String linux,
    String mainline) {
  private static final Pattern KFUNC = Pattern.compile("\\{(\\w+)}");

  @Override
  public String toString() {
    return name;
  }

  /**
   * The program.
   *
   * @param kernel where the ids of kernel functions come from
   */
  public Program program(Btf kernel) {
    long[] insns = Assembler.assemble(resolved(kernel));
    TreeSet<Integer> starts = new TreeSet<>(List.of(0));
    for (int i = 0; i < insns.length; i++) {
      int code = InsnWord.code(insns[i]);
      int src = InsnWord.src(insns[i]);
      if (code == Opcodes.CALL_CODE && src == Opcodes.PSEUDO_CALL
          || code == Opcodes.LD_IMM64 && src == Opcodes.PSEUDO_FUNC) {
        starts.add(i + 1 + InsnWord.imm(insns[i]));
      }
      i += code == Opcodes.LD_IMM64 ? 1 : 0;
    }
    if (starts.size() == 1) {
      return program(insns, List.of(), null);
    }
    BtfBuilder types = BtfBuilder.create();
    int number = types.add(new BtfType.Int("int", 4, 1, 0, 32));
    int context =
        types.add(
            new BtfType.Struct(
                type == ProgramType.XDP ? "xdp_md" : "__sk_buff", 0, false, List.of()));
    int pointer = types.add(new BtfType.Ptr(context));
    int proto = types.add(new BtfType.FuncProto(number, List.of(new Param("ctx", pointer))));
    List<FuncInfo> functions = new ArrayList<>();
    for (int start : starts) {
      functions.add(new FuncInfo(start, types.add(new BtfType.Func("f" + start, proto, 0))));
    }
    return program(insns, functions, types.build());
  }

  private Program program(
      long[] insns, List<FuncInfo> functions, @org.jspecify.annotations.Nullable Btf btf) {
    return new Program(
        "case", "", type, 0, flags, "GPL", insns, maps, functions, List.of(), btf, null);
  }

  private String resolved(Btf kernel) {
    Matcher matcher = KFUNC.matcher(text);
    StringBuilder out = new StringBuilder();
    while (matcher.find()) {
      String function = matcher.group(1);
      int id = kernel.find(function, dev.skep.btf.BtfKind.FUNC);
      matcher.appendReplacement(out, "kfunc " + function + "#" + id);
    }
    return matcher.appendTail(out).toString();
  }
}
