package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes a self-contained program of an entry function (bpf_object__relocate of libbpf): appends the
 * functions that it reaches in order of first call and depth first, then resolves what each
 * instruction's relocation means.
 *
 * <p>Beyond libbpf, a static function of the entry's own section is linked too.
 */
final class Linker {
  /**
   * A function's copy in the program.
   *
   * @param base its first slot there
   */
  record Piece(ObjectFunction function, int base) {}

  /** What the walk has left to do in a piece. */
  private static final class Walk {
    final Piece piece;
    int next;

    Walk(Piece piece) {
      this.piece = piece;
    }
  }

  private static final int CALL = 0x85;
  private static final int LD_IMM64 = 0x18;
  private static final int PSEUDO_CALL = 1;
  private static final int PSEUDO_MAP_FD = 1;
  private static final int PSEUDO_MAP_VALUE = 2;
  private static final int PSEUDO_FUNC = 4;

  /** More slots than any kernel looks at; keeps overlapping functions from multiplying. */
  private static final int MAX_SLOTS = 1 << 22;

  private final ObjectModel model;
  private final ObjectProgram program;
  private final List<Piece> pieces = new ArrayList<>();
  private final IdentityHashMap<ObjectFunction, Piece> linked = new IdentityHashMap<>();
  private final List<ObjectMap> maps = new ArrayList<>();
  private final Map<String, Integer> mapIndex = new HashMap<>();
  private long[] insns = new long[64];
  private int count;

  Linker(ObjectModel model, ObjectProgram program) {
    this.model = model;
    this.program = program;
  }

  Program link() {
    if (model.bigEndian) {
      throw new UnsupportedException(
          "program \"" + program.name() + "\": loading non-native endianness (big-endian object)");
    }
    if (program.type() == ProgramType.UNSPEC) {
      throw new MalformedException(
          "program \""
              + program.name()
              + "\": missing BPF prog type, check ELF section name '"
              + program.section()
              + "'");
    }
    follow(append(program.function()));
    linkExceptionCallback();
    for (Piece piece : pieces) {
      resolve(piece);
    }
    insns = Arrays.copyOf(insns, count);
    new CoreRelocations(model, program.name()).apply(insns, pieces);
    List<MapSpec> specs = new ArrayList<>();
    boolean typed = model.kernelTakesBtf();
    for (ObjectMap map : maps) {
      specs.add(typed ? map.spec() : map.spec().withTypes(null, 0, 0));
    }
    SourceInfo info = new SourceInfo(model, program.name(), pieces);
    Program linked =
        new Program(
            program.name(),
            program.section(),
            program.type(),
            program.expectedAttachType(),
            program.flags(),
            model.license,
            insns,
            List.copyOf(specs),
            typed ? info.functions() : List.of(),
            typed ? info.lines() : List.of(),
            typed ? model.btf : null,
            program.attachTo());
    Program target = program.attachProgram();
    return target == null ? linked : linked.withTarget(program.attachTo(), 0, null, target);
  }

  private Piece append(ObjectFunction function) {
    if (function.length() > MAX_SLOTS - count) {
      throw bad("more than " + MAX_SLOTS + " instructions");
    }
    if (insns.length < count + function.length()) {
      insns = Arrays.copyOf(insns, Math.max(2 * insns.length, count + function.length()));
    }
    System.arraycopy(function.code(), function.start(), insns, count, function.length());
    Piece piece = new Piece(function, count);
    count += function.length();
    pieces.add(piece);
    linked.put(function, piece);
    return piece;
  }

  /** Appends what a piece reaches, depth first, and points its calls there. */
  private void follow(Piece start) {
    Deque<Walk> walks = new ArrayDeque<>();
    walks.push(new Walk(start));
    while (!walks.isEmpty()) {
      Walk walk = walks.peek();
      if (walk.next == walk.piece.function().length()) {
        walks.pop();
        continue;
      }
      int insn = walk.next++;
      ObjectFunction target = callee(walk.piece.function(), insn);
      if (target == null) {
        continue;
      }
      Piece callee = linked.get(target);
      if (callee == null) {
        callee = append(target);
        walks.push(new Walk(callee));
      }
      int slot = walk.piece.base() + insn;
      long word = InsnWord.withImm(insns[slot], callee.base() - slot - 1);
      boolean pointer = InsnWord.code(word) == LD_IMM64;
      insns[slot] = pointer ? InsnWord.withSrc(word, PSEUDO_FUNC) : word;
    }
  }

  /** The function that an instruction calls or takes the address of, or null for any other. */
  private @Nullable ObjectFunction callee(ObjectFunction function, int insn) {
    long word = function.code()[function.start() + insn];
    int code = InsnWord.code(word);
    ElfFile.Symbol symbol = function.relocation(insn);
    if (symbol != null && code != CALL && code != LD_IMM64) {
      throw bad(
          function,
          insn,
          "invalid relo against '" + symbol.name() + "' for code 0x" + Integer.toHexString(code));
    }
    if (code == CALL) {
      return symbol == null || symbol.section() != 0 ? called(function, insn, word, symbol) : null;
    }
    if (code == LD_IMM64 && symbol != null && isSubprogram(symbol)) {
      return addressed(function, insn, word, symbol);
    }
    if (code == LD_IMM64 && symbol == null && InsnWord.src(word) == PSEUDO_FUNC) {
      throw bad(function, insn, "missing subprog addr relo");
    }
    return null;
  }

  private @Nullable ObjectFunction called(
      ObjectFunction function, int insn, long word, ElfFile.@Nullable Symbol symbol) {
    if (InsnWord.src(word) != PSEUDO_CALL) {
      if (symbol == null) {
        return null;
      }
      throw bad(function, insn, "incorrect bpf_call opcode against '" + symbol.name() + "'");
    }
    int section = symbol == null ? function.section() : symbol.section();
    long from = symbol == null ? (long) function.start() + insn : symbol.value() / 8;
    ObjectFunction target = model.function(section, from + InsnWord.imm(word) + 1);
    String name = symbol == null ? "" : symbol.name();
    String where = model.sections.get(section).name();
    if (symbol != null && (!isCode(symbol) || symbol.value() % 8 != 0)
        || target != null && target.entry()) {
      throw bad(function, insn, "bad call relo against '" + name + "' in section '" + where + "'");
    }
    if (target == null) {
      throw bad(function, insn, "call of no function in section '" + where + "'");
    }
    return target;
  }

  private ObjectFunction addressed(
      ObjectFunction function, int insn, long word, ElfFile.Symbol symbol) {
    long at = symbol.value() + InsnWord.imm(word);
    ObjectFunction target = model.function(symbol.section(), at / 8);
    if (at % 8 != 0 || target == null || target.entry()) {
      throw bad(
          function,
          insn,
          "bad subprog addr relo against '" + symbol.name() + "'+" + InsnWord.imm(word));
    }
    return target;
  }

  private boolean isCode(ElfFile.Symbol symbol) {
    return symbol.section() != 0 && ObjectReader.isCode(model.sections.get(symbol.section()));
  }

  /** Whether a symbol stands for code that ld_imm64 may point to. */
  private boolean isSubprogram(ElfFile.Symbol symbol) {
    return isCode(symbol)
        && (symbol.type() == ElfFile.Symbol.SECTION || symbol.type() == ElfFile.Symbol.FUNC);
  }

  /** Links the function that a decl tag of the entry names as its exception callback. */
  private void linkExceptionCallback() {
    Btf btf = model.btf;
    String prefix = "exception_callback:";
    int entry = btf == null ? 0 : btf.find(program.name(), BtfKind.FUNC);
    if (btf == null || entry == 0) {
      return;
    }
    String name = null;
    for (int id = btf.firstId(); id < btf.typeCount(); id++) {
      if (btf.kind(id) != BtfKind.DECL_TAG
          || btf.target(id) != entry
          || btf.tagComponent(id) != -1
          || !btf.name(id).startsWith(prefix)) {
        continue;
      }
      if (name != null) {
        return; // the verifier will tell
      }
      name = btf.name(id).substring(prefix.length());
    }
    if (name != null) {
      linkExceptionCallback(name);
    }
  }

  private void linkExceptionCallback(String name) {
    for (ObjectFunction function : model.functions) {
      if (!function.entry() && function.global() && function.name().equals(name)) {
        if (linked.get(function) == null) {
          follow(append(function));
        }
        return;
      }
    }
    throw bad("exception callback '" + name + "' is no global function of .text");
  }

  private void resolve(Piece piece) {
    ObjectFunction function = piece.function();
    for (int insn = 0; insn < function.length() && !function.relocations().isEmpty(); insn++) {
      ElfFile.Symbol symbol = function.relocation(insn);
      if (symbol == null) {
        continue;
      }
      int slot = piece.base() + insn;
      int code = InsnWord.code(insns[slot]);
      if (symbol.section() == 0) {
        resolveExtern(function, insn, slot, symbol);
      } else if (code == LD_IMM64 && !isSubprogram(symbol)) {
        if (insn + 1 >= function.length()) {
          throw bad(function, insn, "half a ld_imm64 at the end of its function");
        }
        resolveMap(function, insn, slot, symbol);
      }
    }
  }

  private void resolveMap(ObjectFunction function, int insn, int slot, ElfFile.Symbol symbol) {
    ObjectMap map = symbol.section() == model.arenaSection ? model.arena : null;
    boolean arena = map != null;
    boolean inMaps = false;
    for (ObjectMap candidate : arena ? List.<ObjectMap>of() : model.maps) {
      if (candidate.section() == symbol.section()) {
        inMaps |= !candidate.isGlobalData();
        if (candidate.isGlobalData() || candidate.sectionOffset() == symbol.value()) {
          map = candidate;
          break;
        }
      }
    }
    String section = model.sections.get(symbol.section()).name();
    if (map == null && inMaps) {
      throw bad(
          function,
          insn,
          "map relo failed to find map for section '" + section + "', off " + symbol.value());
    }
    if (map == null) {
      throw bad(
          function,
          insn,
          "bad map relo against '" + symbol.name() + "' in section '" + section + "'");
    }
    int index = indexOf(map);
    long first = InsnWord.withImm(insns[slot], index);
    if (arena || map.isGlobalData()) {
      int offset = InsnWord.imm(insns[slot]) + (int) symbol.value();
      insns[slot] = InsnWord.withSrc(first, PSEUDO_MAP_VALUE);
      insns[slot + 1] = InsnWord.withImm(insns[slot + 1], offset);
    } else {
      insns[slot] = InsnWord.withSrc(first, PSEUDO_MAP_FD);
      insns[slot + 1] = InsnWord.withImm(insns[slot + 1], 0);
    }
  }

  private int indexOf(ObjectMap map) {
    Integer known = mapIndex.putIfAbsent(map.name(), maps.size());
    if (known != null) {
      return known;
    }
    maps.add(map);
    return maps.size() - 1;
  }

  private void resolveExtern(ObjectFunction function, int insn, int slot, ElfFile.Symbol symbol) {
    String name = symbol.name();
    if (symbol.type() != ElfFile.Symbol.NOTYPE || !symbol.isGlobalOrWeak() || name.isEmpty()) {
      throw bad(
          function,
          insn,
          "invalid relo against '"
              + name
              + "' in special section 0x0; forgot to initialize global var?");
    }
    ObjectModel.Setting setting = model.settings.get(name);
    boolean load = InsnWord.code(insns[slot]) == LD_IMM64 && insn + 1 < function.length();
    if (setting == null || !load || !setting.weak() && !model.given.contains(name)) {
      new Externs(model, program.name()).resolve(insns, slot, symbol);
      return;
    }
    for (ObjectMap map : model.maps) {
      if (map.section() == Kconfig.SECTION) {
        long first = InsnWord.withImm(insns[slot], indexOf(map));
        insns[slot] = InsnWord.withSrc(first, PSEUDO_MAP_VALUE);
        insns[slot + 1] = InsnWord.withImm(insns[slot + 1], setting.offset());
      }
    }
  }

  private MalformedException bad(ObjectFunction function, int insn, String what) {
    return new MalformedException(
        "program \""
            + program.name()
            + "\": "
            + what
            + " at insn "
            + insn
            + " of \""
            + function.name()
            + "\"");
  }

  private MalformedException bad(String what) {
    return new MalformedException("program \"" + program.name() + "\": " + what);
  }
}
