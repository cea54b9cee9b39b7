package dev.skep.explain;

import dev.skep.explain.Explanation.Hint;
import dev.skep.program.ProgramType;
import dev.skep.verify.KnownValue;
import dev.skep.verify.Place;
import dev.skep.verify.Reason;
import dev.skep.verify.Recording;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is usually done about a rejection, in terms of the C lines that are involved. */
final class Hints {
  private static final String NAME = "[A-Za-z_]\\w*(?:(?:->|\\.)[A-Za-z_]\\w*)*";
  private static final Pattern INDEX = Pattern.compile("\\[\\s*(" + NAME + ")[^\\]]*\\]");
  private static final Pattern ASSIGNED = Pattern.compile("([A-Za-z_]\\w*)\\s*=(?!=)");
  private static final Pattern FOLLOWED =
      Pattern.compile("([A-Za-z_]\\w*)\\s*->|\\*\\s*([A-Za-z_]\\w*)|([A-Za-z_]\\w*)\\s*\\[");

  private final Recording recording;
  private final Instructions instructions;
  private final int insn;
  private final int frame;
  private final List<Slice.Taken> slice;
  private final String giveUp;

  Hints(
      Recording recording,
      Instructions instructions,
      int insn,
      int frame,
      List<Slice.Taken> slice) {
    this.recording = recording;
    this.instructions = instructions;
    this.insn = insn;
    this.frame = frame;
    this.slice = slice;
    ProgramType type = recording.program().resolvedType();
    boolean main = recording.calls().size() <= 1;
    giveUp =
        !main
            ? "return 0;"
            : switch (type) {
              case XDP -> "return XDP_PASS;";
              case SCHED_CLS, SCHED_ACT -> "return TC_ACT_OK;";
              case SK_SKB, SK_MSG -> "return SK_PASS;";
              default -> "return 0;";
            };
  }

  Hint of(@Nullable Reason reason, Messages.Known known) {
    return switch (reason) {
      case null -> new Hint(known.hint(), exampleOf(known));
      case Reason.OutOfBounds r -> bounds(r, recording.at(Place.ofRegister(frame, r.regno())));
      case Reason.PacketBounds r -> packet(r, recording.at(Place.ofRegister(frame, r.regno())));
      case Reason.MaybeNull _ -> maybeNull();
      case Reason.NotInitialized r -> unwritten(r);
      case Reason.WrongType r -> type(r);
      case Reason.LeakedReference _ -> leak();
      case Reason.SectionOpen r ->
          new Hint(
              "close the section before every return; one exit at the end of the function makes"
                  + " that easy",
              closing(r.section(), lock()));
      case Reason.ReturnValue r ->
          new Hint(
              "return constants, or bound the value just before it is returned",
              r.min() == r.max() || constant(r.regno())
                  ? "return " + r.min() + ";"
                  : "return ret < "
                      + r.min()
                      + " || ret > "
                      + r.max()
                      + " ? "
                      + r.min()
                      + " : ret;");
      case Reason.EndlessLoop _ ->
          new Hint(
              "count the rounds in a variable that the condition tests, or let bpf_loop() or"
                  + " bpf_for() do it",
              "for (int i = 0; i < 64; i++) {\n    ..\n}");
      case Reason.TooComplex _ ->
          new Hint(
              "make the hot lines cheaper to verify: bpf_loop() or bpf_for() instead of a long"
                  + " loop, fewer branches within it, a global (not static) function for its body,"
                  + " or tail calls",
              "int i;\nbpf_for(i, 0, n) {\n    ..\n}");
    };
  }

  /** C for messages about the length or offset in an argument of a call. */
  private String exampleOf(Messages.Known known) {
    boolean call = insn >= 0 && recording.insn() >= 0 && recording.called(insn) != null;
    if (known.kind() != Kind.OUT_OF_BOUNDS || known.registers().isEmpty() || !call) {
      return "";
    }
    String argument =
        Arguments.of(instructions.code(insn), recording.called(insn), known.registers().getFirst());
    KnownValue value = recording.at(Place.ofRegister(frame, known.registers().getFirst()));
    if (argument == null || value == null || !value.isScalar()) {
      return "";
    }
    String test =
        recording.verdict().message().contains("zero-sized") && value.umax() < 512
            ? argument + " == 0"
            : argument + " == 0 || " + argument + " > sizeof(..)";
    return "if (" + test + ")\n    " + giveUp;
  }

  private boolean constant(int regno) {
    KnownValue value = recording.at(Place.ofRegister(frame, regno));
    return value != null && value.isConstant();
  }

  /** What the lock is called where it is taken. */
  private String lock() {
    for (Recording.Held held : recording.held()) {
      String argument = Arguments.of(instructions.code(held.insn()), "bpf_spin_lock", 1);
      if (held.isLock() && argument != null) {
        return argument;
      }
    }
    return "&v->lock";
  }

  private static String closing(String section, String lock) {
    String call =
        switch (section) {
          case "bpf_spin_lock-ed" -> "bpf_spin_unlock(" + lock + ");";
          case "bpf_rcu_read_lock-ed" -> "bpf_rcu_read_unlock();";
          case "bpf_preempt_disable-ed" -> "bpf_preempt_enable();";
          case "bpf_local_irq_save-ed" -> "bpf_local_irq_restore(&flags);";
          default -> "";
        };
    return call.isEmpty() ? "" : "out:\n    " + call + "\n    return ret;";
  }

  private @Nullable String name(Pattern pattern, String code) {
    Matcher m = pattern.matcher(code);
    while (m.find()) {
      for (int i = 1; i <= m.groupCount(); i++) {
        if (m.group(i) != null) {
          return m.group(i);
        }
      }
    }
    return null;
  }

  private Hint bounds(Reason.OutOfBounds r, @Nullable KnownValue value) {
    if (value != null && value.isConstant()) {
      return new Hint(
          "the offset is a constant: use the right type, or make the " + r.what() + " larger", "");
    }
    String index = name(INDEX, instructions.code(insn));
    for (int i = slice.size() - 1; index == null && i >= 0; i--) {
      index = name(INDEX, instructions.code(slice.get(i).insn()));
    }
    String variable = index == null ? "i" : index;
    long scale = Math.max(1, scale());
    long room = r.limit() - r.off();
    long count = room < Math.max(r.size(), 1) ? 0 : (room - Math.max(r.size(), 1)) / scale + 1;
    String test = (value != null && value.smin() < 0 ? variable + " < 0 || " : "") + variable;
    return new Hint(
        "compare the offset with its bound before the access, in the variable that is used for"
            + " it; the comparison must be on the way to every access",
        count > 0 ? "if (" + test + " >= " + count + ")\n    " + giveUp : "");
  }

  /** What an index was multiplied with before it was added to the pointer. */
  private long scale() {
    for (int i = slice.size() - 1; i >= 0; i--) {
      int at = slice.get(i).insn();
      if (at >= 0) {
        long factor = Factors.of(recording.program().insns()[at]);
        if (factor > 1) {
          return factor;
        }
      }
    }
    return 1;
  }

  private Hint packet(Reason.PacketBounds r, @Nullable KnownValue value) {
    if (value != null && value.smin() < 0) {
      return new Hint("use an unsigned type for offsets into the packet", "");
    }
    if (r.off() < 0) {
      return new Hint("move the pointer forward only: start from data again", "");
    }
    String pointer = name(FOLLOWED, instructions.code(insn));
    boolean variable = value != null && !value.isConstant();
    long end = r.off() + Math.max(r.size(), 0);
    String test =
        pointer == null
            ? "if (data + " + end + " > data_end)"
            : "if ((void *)(" + pointer + " + 1) > data_end)";
    return new Hint(
        "compare the end of what is accessed with data_end first"
            + (variable
                ? "; bound the variable part of the offset too, and compare the same pointer that"
                    + " is then used"
                : "; after calls that may move the packet, load data and data_end again"),
        test + "\n    " + giveUp);
  }

  private Hint maybeNull() {
    String variable = null;
    for (int i = slice.size() - 1; variable == null && i >= 0; i--) {
      if (slice.get(i).role() == Explanation.Role.WRITES) {
        variable = name(ASSIGNED, instructions.code(slice.get(i).insn()));
      }
    }
    if (variable == null) {
      variable = name(FOLLOWED, instructions.code(insn));
    }
    return new Hint(
        "test the pointer before it is used",
        "if (!" + (variable == null ? "ptr" : variable) + ")\n    " + giveUp);
  }

  private Hint unwritten(Reason.NotInitialized r) {
    if (r.regno() == 0
        && recording.insn() >= 0
        && recording.text(recording.insn()).contains("exit")) {
      return new Hint("return a value on every path", giveUp);
    }
    return new Hint(
        "give the variable a value where it is declared, or on every path; in assembly keep values"
            + " that are needed behind a call in r6 to r9",
        "");
  }

  private Hint type(Reason.WrongType r) {
    KnownValue value = recording.at(Place.ofRegister(frame, r.regno()));
    if (r.expected().isEmpty() && value != null && value.isScalar()) {
      if (lostPointer(slice)) {
        return new Hint(
            "the pointer was valid until the step that took it away: get it anew behind that step",
            "");
      }
      String pointer = name(FOLLOWED, instructions.code(insn));
      return new Hint(
          "memory that the verifier knows nothing of is read with bpf_probe_read_kernel() or"
              + " bpf_probe_read_user() (BPF_CORE_READ for fields); a pointer that was stored as a"
              + " number, or kept across a call that changes the packet, must be got anew",
          "bpf_probe_read_kernel(&copy, sizeof(copy), "
              + (pointer == null ? "ptr" : pointer)
              + ");");
    }
    return new Hint(
        r.expected().isEmpty()
            ? "use the pointer only for what its type allows; pass it to a helper that takes it"
            : "pass what the function takes: compare the argument with its prototype",
        "");
  }

  /** Whether what is blamed was a pointer until a step took it away. */
  static boolean lostPointer(List<Slice.Taken> slice) {
    return slice.stream()
        .filter(taken -> taken.role() == Explanation.Role.LOSES)
        .flatMap(taken -> taken.changes().stream())
        .anyMatch(change -> change.before().isPointer());
  }

  private Hint leak() {
    String variable = null;
    String called = null;
    for (Recording.Held held : recording.held()) {
      if (held.isReference() && held.insn() < recording.program().insns().length) {
        variable = name(ASSIGNED, instructions.code(held.insn()));
        called = recording.called(held.insn());
        break;
      }
    }
    String release = releaseOf(called == null ? "" : called);
    return new Hint(
        "release it before every return, also on the paths of errors",
        release.isEmpty()
            ? ""
            : release.replace("$", variable == null ? "ptr" : variable) + "\nreturn ..;");
  }

  private static String releaseOf(String acquire) {
    return switch (acquire) {
      case "bpf_ringbuf_reserve" -> "bpf_ringbuf_discard($, 0); /* or bpf_ringbuf_submit */";
      case "bpf_ringbuf_reserve_dynptr" -> "bpf_ringbuf_discard_dynptr(&$, 0);";
      case "bpf_sk_lookup_tcp", "bpf_sk_lookup_udp", "bpf_skc_lookup_tcp", "bpf_map_lookup_elem" ->
          "bpf_sk_release($);";
      case "bpf_obj_new_impl", "bpf_kptr_xchg" -> "bpf_obj_drop($);";
      case "bpf_local_irq_save" -> "bpf_local_irq_restore(&flags);";
      default -> {
        for (String verb : List.of("_acquire", "_from_pid", "_create", "_get")) {
          if (acquire.endsWith(verb)) {
            yield acquire.substring(0, acquire.length() - verb.length()) + "_release($);";
          }
        }
        yield acquire.endsWith("_new")
            ? acquire.substring(0, acquire.length() - "_new".length()) + "_destroy(&$);"
            : "";
      }
    };
  }
}
