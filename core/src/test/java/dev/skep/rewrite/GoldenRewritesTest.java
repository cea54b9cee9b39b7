package dev.skep.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.CallNames;
import dev.skep.isa.Disassembler;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.object.BtfSource;
import dev.skep.program.FuncInfo;
import dev.skep.program.Helpers;
import dev.skep.program.LineInfo;
import dev.skep.verify.SketchedFacts;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Programs rewritten by Linux 6.18 against the same programs rewritten here. */
class GoldenRewritesTest {
  /** Programs that the verifier judges today; fewer is a step back. */
  private static final int EQUAL = 990;

  private static final String RESOURCE = "/rewrite/kernel-6.18-golden.jsonl.gz";

  private static final Path KERNEL_BTF = Path.of("/sys/kernel/btf/vmlinux");

  /** The kernel's types, where there are some: a good part of the cases needs them. */
  private static final @Nullable Btf KERNEL =
      Files.isReadable(KERNEL_BTF) ? BtfSource.read(KERNEL_BTF) : null;

  static List<GoldenCase> cases() throws IOException {
    return cases(null);
  }

  private static List<GoldenCase> cases(@Nullable Btf kernel) throws IOException {
    List<GoldenCase> cases = new ArrayList<>();
    try (var stream =
            Objects.requireNonNull(GoldenRewritesTest.class.getResourceAsStream(RESOURCE));
        var reader =
            new BufferedReader(
                new InputStreamReader(new GZIPInputStream(stream), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        cases.add(new GoldenCase(line, kernel));
      }
    }
    return cases;
  }

  @Test
  void sketchedFacts() throws IOException {
    int equal = 0;
    List<String> different = new ArrayList<>();
    Map<String, Integer> outOfScope = new TreeMap<>();
    for (GoldenCase golden : cases()) {
      if (golden.needsKernelBtf) {
        outOfScope.merge("kernel BTF", 1, Integer::sum);
        continue;
      }
      if (golden.has("drop_caps")) {
        outOfScope.merge("caps", 1, Integer::sum);
        continue;
      }
      try {
        VerifiedProgram verified = SketchedFacts.of(golden.program, golden.options);
        RunnableProgram runnable = Rewriter.rewrite(verified, RewriteOptions.LINUX);
        String difference = difference(golden, runnable);
        if (difference.isEmpty()) {
          equal++;
        } else {
          different.add(golden.name + difference);
        }
      } catch (UnsupportedException e) {
        outOfScope.merge(String.valueOf(e.getMessage()), 1, Integer::sum);
      }
    }
    System.out.println("equal " + equal + " different " + different.size() + " out " + outOfScope);
    assertThat(different).isEmpty();
    assertThat(equal).isGreaterThan(900);
  }

  @Test
  void verifiedPrograms() throws IOException {
    int equal = 0;
    List<String> different = new ArrayList<>();
    Map<String, List<String>> outOfScope = new TreeMap<>();
    for (GoldenCase golden : cases(KERNEL)) {
      Verdict verdict = Verifier.verify(golden.program, golden.options);
      switch (verdict) {
        case Verdict.Unsupported missing -> note(outOfScope, missing.what(), golden);
        case Verdict.Rejected rejected ->
            different.add(golden.name + " rejected: " + rejected.message());
        case Verdict.Accepted accepted -> {
          String difference;
          try {
            difference =
                difference(golden, Rewriter.rewrite(accepted.program(), RewriteOptions.LINUX));
          } catch (UnsupportedException e) {
            note(outOfScope, String.valueOf(e.getMessage()), golden);
            break;
          }
          if (difference.isEmpty()) {
            equal++;
          } else {
            different.add(golden.name + difference);
          }
        }
      }
    }
    System.out.println("equal " + equal + ", different " + different.size() + ", out of scope:");
    outOfScope.forEach((what, names) -> System.out.println("  " + what + ": " + names));
    assertThat(different).isEmpty();
    assertThat(equal).isGreaterThanOrEqualTo(EQUAL);
  }

  private static void note(Map<String, List<String>> out, String what, GoldenCase golden) {
    out.computeIfAbsent(what, none -> new ArrayList<>()).add(golden.name);
  }

  static String difference(GoldenCase golden, RunnableProgram runnable) {
    long[] ours =
        golden.drops("SYSLOG")
            ? Xlated.withoutAddresses(runnable, DumpNumbers.PLAIN)
            : Xlated.insns(runnable, DumpNumbers.PLAIN);
    StringBuilder out = new StringBuilder();
    if (ours.length != golden.xlated.length) {
      out.append("\n length ").append(ours.length).append(" != ").append(golden.xlated.length);
    }
    for (int i = 0; i < Math.min(ours.length, golden.xlated.length); i++) {
      long theirs = golden.xlated[i];
      if (golden.masked(i, ours[i]) != golden.masked(i, theirs) || !sameCall(golden, i, ours[i])) {
        out.append("\n ").append(i).append(": ").append(text(ours[i])).append("  kernel: ");
        out.append(text(theirs)).append("  ").append(golden.mask(i));
      }
    }
    if (golden.has("func_info_after")
        && !infos(runnable).equals(golden.infoAfter("func_info_after"))) {
      out.append("\n func info ").append(infos(runnable));
    }
    if (golden.has("line_info_after")
        && !lines(runnable).equals(golden.infoAfter("line_info_after"))) {
      out.append("\n line info ").append(lines(runnable));
    }
    return out.toString();
  }

  private static List<List<Integer>> infos(RunnableProgram runnable) {
    List<List<Integer>> list = new ArrayList<>();
    for (FuncInfo info : runnable.funcInfo()) {
      list.add(List.of(info.insn(), info.typeId()));
    }
    return list;
  }

  private static List<List<Integer>> lines(RunnableProgram runnable) {
    List<List<Integer>> list = new ArrayList<>();
    for (LineInfo info : runnable.lineInfo()) {
      list.add(List.of(info.insn(), info.fileNameOff(), info.lineOff(), info.lineCol()));
    }
    return list;
  }

  /** Whether a masked call leads to the function that the kernel calls. */
  private static boolean sameCall(GoldenCase golden, int insn, long ours) {
    String mask = golden.mask(insn);
    if (!mask.startsWith("call:") || InsnWord.src(ours) != 0) {
      return true;
    }
    int number = InsnWord.imm(ours);
    List<String> symbols = List.of(mask.substring(5).split("\\|"));
    if (number >= KernelFunction.FIRST) {
      String symbol = KernelFunction.ofNumber(number).symbol();
      return symbols.contains(symbol) || symbols.contains(STATIC_CALLS.get(symbol));
    }
    String name = String.valueOf(Helpers.name(number));
    return symbols.stream().anyMatch(symbol -> matches(symbol, name));
  }

  /** Program types have variants of some helpers, with longer names. */
  private static boolean matches(String symbol, String helper) {
    return symbol.equals(helper) || VARIANTS.getOrDefault(symbol, "").equals(helper);
  }

  /** Static calls show what they led to on the machine of the measurement. */
  private static final Map<String, String> STATIC_CALLS =
      Map.of("perf_snapshot_branch_stack", "__static_call_return0");

  private static final Map<String, String> VARIANTS =
      Map.ofEntries(
          Map.entry("sk_skb_pull_data", "bpf_skb_pull_data"),
          Map.entry("bpf_user_rnd_u32", "bpf_get_prandom_u32"),
          Map.entry("bpf_xdp_event_output", "bpf_perf_event_output"),
          Map.entry("bpf_xdp_redirect_map", "bpf_redirect_map"),
          Map.entry("bpf_get_stackid_pe", "bpf_get_stackid"),
          Map.entry("bpf_xdp_fib_lookup", "bpf_fib_lookup"),
          Map.entry("bpf_probe_read_compat", "bpf_probe_read"),
          Map.entry("sk_select_reuseport", "bpf_sk_select_reuseport"));

  private static String text(long word) {
    return String.format("%016x ", Long.reverseBytes(word))
        + Disassembler.text(word, 0, CallNames.NONE)
        + (InsnWord.code(word) == Opcodes.CALL_CODE ? " imm " + InsnWord.imm(word) : "");
  }
}
