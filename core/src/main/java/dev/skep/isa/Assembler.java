package dev.skep.isa;

import dev.skep.errors.MalformedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads programs as text: the kernel's own forms (see {@link Disassembler}), one instruction per
 * line, with labels and comments.
 *
 * <pre>
 *   ; counts down from the first packet byte
 *           r0 = *(u32 *)(r1 +76)
 *   again:  if w0 == 0x0 goto done
 *           w0 += -1
 *           goto again
 *   done:   exit
 * </pre>
 *
 * <p>A line may start with "N:", which must be the index of its first slot, and with the code
 * "(b7)", which must be the one that the text stands for: so lines of a verifier log assemble.
 * Comments start with ';' or '//'. Beyond the kernel's forms:
 *
 * <ul>
 *   <li>targets are labels, "pc+1" or "+1";
 *   <li>"r1 = 5 ll", and "r1 = N" where N has more than 32 bits, is ld_imm64; so is any constant
 *       after the code "(18)";
 *   <li>"r1 = map[0]", "map[id:0]" or "map[name]" loads a map, "map[0][0]+8" the address of its
 *       value; "map[idx:0]" and "map[idx:0]+8" are the fd-array forms;
 *   <li>"r1 = subprog[label]" or "subprog[+3]" is a function's address, "btf_id[7]" a variable's;
 *   <li>"call bpf_map_lookup_elem#1", "call #1", "call bpf_map_lookup_elem" (found through {@link
 *       Symbols}), "call label", "call kfunc name#7", "call kfunc name#7 off=1";
 *   <li>"tail_call 0", "nospec"; ".word 0x95" is any slot.
 * </ul>
 */
public final class Assembler {
  /** Numbers for the names in a program. */
  public interface Symbols {
    /** Knows no name. */
    Symbols NONE = name -> -1;

    /** The id of a helper, as in "bpf_map_lookup_elem" = 1, or -1. */
    int helper(String name);

    /** The number that stands for a map, or -1. */
    default int map(String name) {
      return -1;
    }
  }

  private record Reference(int slot, String label, TextCursor where, int mark) {}

  private final Symbols symbols;
  private final Map<String, Integer> labels = new HashMap<>();
  private final List<Reference> references = new ArrayList<>();
  private long[] slots = new long[16];
  private int count;

  private Assembler(Symbols symbols) {
    this.symbols = symbols;
  }

  /** As {@link #assemble(String, Symbols)} without names. */
  public static long[] assemble(String text) {
    return assemble(text, Symbols.NONE);
  }

  /**
   * The slots of a program.
   *
   * @throws MalformedException with line and column if the text is no program
   */
  public static long[] assemble(String text, Symbols symbols) {
    Assembler assembler = new Assembler(symbols);
    int line = 1;
    int start = 0;
    while (start <= text.length()) {
      int end = text.indexOf('\n', start);
      end = end < 0 ? text.length() : end;
      assembler.line(withoutComment(text.substring(start, end)), line++);
      start = end + 1;
    }
    assembler.resolve();
    return Arrays.copyOf(assembler.slots, assembler.count);
  }

  private static String withoutComment(String line) {
    int end = line.length();
    int semicolon = line.indexOf(';');
    int slashes = line.indexOf("//");
    end = semicolon >= 0 ? semicolon : end;
    end = slashes >= 0 ? Math.min(end, slashes) : end;
    return line.substring(0, end);
  }

  private void line(String text, int number) {
    TextCursor in = new TextCursor(text, number);
    while (label(in)) {}
    if (in.atEnd()) {
      return;
    }
    int code = code(in);
    if (in.accept(".word")) {
      append(in.number());
    } else {
      Insn insn = new InsnParser(in, this, code == Opcodes.LD_IMM64).insn();
      long word = InsnCodec.encode(insn);
      if (code >= 0 && code != InsnWord.code(word)) {
        String hex = Integer.toHexString(InsnWord.code(word) | 0x100).substring(1);
        throw in.error("the code of this instruction is (" + hex + ")");
      }
      append(word);
      if (insn.slots() == 2) {
        append(InsnCodec.encodeNext(insn));
      }
    }
    if (!in.atEnd()) {
      throw in.unexpected("the end of the instruction");
    }
  }

  private boolean label(TextCursor in) {
    int mark = in.mark();
    String word = in.word();
    if (word.isEmpty() || !in.accept(":")) {
      in.reset(mark);
      return false;
    }
    if (isNumber(word)) {
      if (!word.equals(Integer.toString(count))) {
        throw in.error("the next slot is " + count + ", not " + word);
      }
    } else if (labels.putIfAbsent(word, count) != null) {
      throw in.error("label \"" + word + "\" is defined twice");
    }
    return true;
  }

  private static boolean isNumber(String word) {
    return word.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /** The "(b7)" in front of an instruction, or -1. */
  private static int code(TextCursor in) {
    int mark = in.mark();
    if (in.accept("(")) {
      String digits = in.word();
      if (digits.length() == 2 && in.accept(")")) {
        try {
          return Integer.parseInt(digits, 16);
        } catch (NumberFormatException e) {
          throw in.error("malformed code \"" + digits + "\"");
        }
      }
      in.reset(mark);
    }
    return -1;
  }

  private void append(long word) {
    if (count == slots.length) {
      slots = Arrays.copyOf(slots, 2 * count);
    }
    slots[count++] = word;
  }

  /** Leaves the distance of the instruction that is being read to {@link #resolve}. */
  void refer(String label, TextCursor where, int mark) {
    references.add(new Reference(count, label, where, mark));
  }

  /** The helper that a name means, or null where it can only be a label. */
  @Nullable Integer helper(String name) {
    int id = symbols.helper(name);
    return id < 0 ? null : id;
  }

  int map(String name) {
    return symbols.map(name);
  }

  private void resolve() {
    for (Reference reference : references) {
      Integer target = labels.get(reference.label());
      if (target == null) {
        reference.where().reset(reference.mark());
        throw reference.where().error("unknown name \"" + reference.label() + "\"");
      }
      slots[reference.slot()] = patched(reference, target - reference.slot() - 1);
    }
  }

  private long patched(Reference reference, int distance) {
    long word = slots[reference.slot()];
    int code = InsnWord.code(word);
    if (code == Opcodes.GOTOL_CODE || code == Opcodes.CALL_CODE || code == Opcodes.LD_IMM64) {
      return InsnWord.withImm(word, distance);
    }
    if (distance != (short) distance) {
      reference.where().reset(reference.mark());
      throw reference
          .where()
          .error("label \"" + reference.label() + "\" is too far: " + distance + " slots");
    }
    return InsnWord.withOff(word, distance);
  }
}
