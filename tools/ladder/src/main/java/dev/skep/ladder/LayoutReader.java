package dev.skep.ladder;

import dev.skep.errors.UnsupportedException;
import dev.skep.jit.x64.KernelLayout;
import dev.skep.jit.x64.KernelLayout.Indirect;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what a kernel's JIT decided from the code that it made of the probes (arch/x86/net/
 * bpf_jit_comp.c). The patterns are over hex text and cover each image from its first byte to its
 * last, so that code which is not understood is never taken for something else.
 */
final class LayoutReader {
  private static final String ENDBR64 = "f30f1efa";

  /** Where FineIBT has moved the entry: its two generations of a poisoned endbr64. */
  private static final String POISON = "660f1f00|0f1f40d6";

  private static final String PROLOGUE =
      "(?<start>"
          + ENDBR64
          + "|"
          + POISON
          + ")?0f1f440000(?:0f1f00|4831c0)554889e5(?<tail>"
          + ENDBR64
          + ")?";
  private static final String RETURN = "c9(?<return>e9.{8}|c3(?:cc)?)";
  private static final String MOV_CONSTANT = "b895e9d15b";
  private static final String BLINDED = "(?<blinded>(?:41ba|49c7c2).{8}4981f2.{8}4c89d0)";
  private static final String CALL_DEPTH = "(?<depth>6548c13c25.{8}05|6548c13d.{8}05)?";

  private static final Pattern EXIT =
      Pattern.compile(PROLOGUE + "(?:" + MOV_CONSTANT + "|" + BLINDED + ")" + RETURN);
  private static final Pattern SHIFT =
      Pattern.compile(
          PROLOGUE + "b801000000be03000000(?<shift>c4e2c9f7c0|514889f148d3e059)" + RETURN);
  private static final Pattern CALL = Pattern.compile(PROLOGUE + CALL_DEPTH + "e8.{8}" + RETURN);
  private static final Pattern CPU_NUMBER =
      Pattern.compile(PROLOGUE + "(?:48c7c0|b8)(?<number>.{8})6548030425.{8}8b4000" + RETURN);

  private static final String TAIL_PROLOGUE = PROLOGUE + "4883f8217706504889e0eb015050";
  private static final String COUNTER = "488b85f0ffffff4883382173..";
  private static final String ARGUMENTS = "(?:..)*?48be.{16}";
  private static final String INDIRECT =
      "89d2(?:3956(?<max>..)|3996(?<max4>.{8}))76.."
          + COUNTER
          + "488b8cd6(?<slots>.{8})4885c974..488300015858488b49(?<entry>..)4883c1(?<skip>..)"
          + "(?<jump>e9.{8}|0faee8ffe1|ffe1(?:cc)?)";
  private static final Pattern VARIABLE_TAIL_CALL =
      Pattern.compile(TAIL_PROLOGUE + ARGUMENTS + INDIRECT + MOV_CONSTANT + RETURN);
  private static final Pattern CONSTANT_TAIL_CALL =
      Pattern.compile(
          TAIL_PROLOGUE
              + "31d248be.{16}(?:"
              + INDIRECT
              + "|(?<direct>"
              + COUNTER
              + "e9.{8}4883000158580f1f440000))"
              + MOV_CONSTANT
              + RETURN);
  private static final Pattern STACK =
      Pattern.compile(
          PROLOGUE
              + "(?:4881ec4000000048c745c000000000"
              + "|(?<own>49b9.{16}654c030c25.{8}49c741c000000000))"
              + MOV_CONSTANT
              + RETURN);

  private final ProbeImages images;
  private final boolean fiveLevels;
  private final List<String> facts = new ArrayList<>();

  private LayoutReader(ProbeImages images, boolean fiveLevels) {
    this.images = images;
    this.fiveLevels = fiveLevels;
  }

  /**
   * The layout that the code shows.
   *
   * @param fiveLevels whether page tables have five levels, which these programs do not show
   */
  static KernelLayoutProbe.Result read(ProbeImages images, boolean fiveLevels) {
    LayoutReader reader = new LayoutReader(images, fiveLevels);
    try {
      KernelLayout layout = reader.layout();
      return new KernelLayoutProbe.Result(layout, List.copyOf(reader.facts), null);
    } catch (UnsupportedException named) {
      return new KernelLayoutProbe.Result(
          null, List.copyOf(reader.facts), String.valueOf(named.getMessage()));
    }
  }

  private KernelLayout layout() {
    Matcher exit = match(EXIT, images.exit(), "function");
    String start = String.valueOf(exit.group("start"));
    boolean ibt = start.equals(ENDBR64);
    if (start.matches(POISON)) {
      throw new UnsupportedException("kernel jit with FineIBT prologues");
    }
    if (exit.group("blinded") != null) {
      throw new UnsupportedException("kernel jit with constant blinding (net.core.bpf_jit_harden)");
    }
    if (ibt != (exit.group("tail") != null)) {
      throw unknown("function", images.exit());
    }
    String ret = exit.group("return");
    boolean thunk = ret.startsWith("e9");
    facts.add(thunk ? "return thunks" : ret.equals("c3") ? "plain returns" : "returns with int3");
    facts.add(ibt ? "IBT" : "no IBT");
    Matcher tail = match(VARIABLE_TAIL_CALL, images.variableTailCall(), "tail call");
    Indirect indirect = indirect(tail.group("jump"));
    boolean bmi2 = match(SHIFT, images.shift(), "shift").group("shift").startsWith("c4");
    facts.add(bmi2 ? "BMI2" : "no BMI2");
    if (match(CALL, images.call(), "call").group("depth") != null) {
      throw new UnsupportedException("kernel jit with call depth tracking");
    }
    boolean direct =
        match(CONSTANT_TAIL_CALL, images.constantTailCall(), "tail call of a constant slot")
                .group("direct")
            != null;
    facts.add(direct ? "direct tail calls" : "no direct tail calls");
    KernelLayout linux = KernelLayout.linux(bmi2);
    KernelLayout layout =
        new KernelLayout(
            bmi2,
            ibt,
            thunk,
            ret.equals("c3cc"),
            indirect,
            direct,
            privateStacks(),
            linux.perCpuBaseDisp(),
            cpuNumber(linux.cpuNumberImm()),
            true,
            fiveLevels,
            tail.group("max") != null
                ? Integer.parseInt(tail.group("max"), 16)
                : littleEndian(tail.group("max4")),
            littleEndian(tail.group("slots")),
            Integer.parseInt(tail.group("entry"), 16));
    if (layout.tailCallEntry() != Integer.parseInt(tail.group("skip"), 16)) {
      throw unknown("tail call", images.variableTailCall());
    }
    facts.add((fiveLevels ? "five" : "four") + " levels of page tables");
    return layout;
  }

  private Indirect indirect(String jump) {
    Indirect indirect =
        switch (jump) {
          case "0faee8ffe1" -> Indirect.LFENCE;
          case "ffe1" -> Indirect.PLAIN;
          case "ffe1cc" -> Indirect.PLAIN_STOP;
          default -> Indirect.THUNK;
        };
    facts.add(
        switch (indirect) {
          case THUNK -> "retpoline tail calls";
          case LFENCE -> "lfence tail calls";
          case PLAIN -> "plain tail calls";
          case PLAIN_STOP -> "plain tail calls with int3";
        });
    return indirect;
  }

  /** A loader without CAP_PERFMON sees no such program; then it needs no private stacks either. */
  private boolean privateStacks() {
    if (images.privateStack().length == 0) {
      return false;
    }
    boolean own = match(STACK, images.privateStack(), "stack").group("own") != null;
    facts.add(own ? "private stacks" : "no private stacks");
    return own;
  }

  /** Older kernels call the helper; then no program has the number as an immediate. */
  private int cpuNumber(int otherwise) {
    Matcher number = CPU_NUMBER.matcher(hex(images.cpuNumber()));
    return number.matches() ? littleEndian(number.group("number")) : otherwise;
  }

  private static Matcher match(Pattern pattern, byte[] image, String what) {
    Matcher matcher = pattern.matcher(hex(image));
    if (!matcher.matches()) {
      throw unknown(what, image);
    }
    return matcher;
  }

  private static UnsupportedException unknown(String what, byte[] image) {
    return new UnsupportedException(
        image.length == 0
            ? "kernel jit: no code of a " + what + " is shown"
            : "kernel jit: unknown form of a " + what + ": " + hex(image));
  }

  private static String hex(byte[] image) {
    return HexFormat.of().formatHex(image);
  }

  private static int littleEndian(String hex) {
    return Integer.reverseBytes(Integer.parseUnsignedInt(hex, 16));
  }
}
