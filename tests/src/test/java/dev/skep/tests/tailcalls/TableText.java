package dev.skep.tests.tailcalls;

import dev.skep.tests.tailcalls.Table.Call;
import dev.skep.tests.tailcalls.Table.ChoosingJump;
import dev.skep.tests.tailcalls.Table.ComputedJump;
import dev.skep.tests.tailcalls.Table.Function;
import dev.skep.tests.tailcalls.Table.Helper;
import dev.skep.tests.tailcalls.Table.Jump;
import dev.skep.tests.tailcalls.Table.Mix;
import dev.skep.tests.tailcalls.Table.Source;
import dev.skep.tests.tailcalls.Table.Statement;
import dev.skep.tests.tailcalls.Table.Trace;
import dev.skep.tests.tailcalls.Table.WideJump;

/** Writes a program of a {@link Table} as BPF, its tail calls in one form. */
final class TableText {
  private static final int CONTEXT_SLOT = 8;
  private static final int SUM_SLOT = 16;

  private final StringBuilder text = new StringBuilder();
  private final Form form;
  private final int arrays;

  private TableText(Form form, int arrays) {
    this.form = form;
    this.arrays = arrays;
  }

  static String of(Table table, int program, Form form) {
    TableText text = new TableText(form, table.arraySizes().length);
    Source source = table.programs().get(program);
    for (int i = 0; i < source.functions().size(); i++) {
      text.function(source.functions().get(i), i);
    }
    return text.text.toString();
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private void function(Function function, int number) {
    line("f%d: r0 = %d".formatted(number, function.start()));
    if (function.contextHome() == 0) {
      line("*(u64 *)(r10 -%d) = r1".formatted(CONTEXT_SLOT));
    } else {
      line("r%d = r1".formatted(function.contextHome()));
    }
    setSum(function);
    for (int at = 8; at <= function.stackBytes(); at += 8) {
      line("*(u64 *)(r10 -%d) = %d".formatted(SUM_SLOT + at, at));
    }
    function.statements().forEach(statement -> statement(function, statement));
    getSum(function);
    line("exit");
  }

  /** R0 is the sum. */
  private void getSum(Function function) {
    if (function.sumHome() == 0) {
      line("r0 = *(u64 *)(r10 -%d)".formatted(SUM_SLOT));
    } else {
      line("r0 = r%d".formatted(function.sumHome()));
    }
  }

  private void setSum(Function function) {
    if (function.sumHome() == 0) {
      line("*(u64 *)(r10 -%d) = r0".formatted(SUM_SLOT));
    } else {
      line("r%d = r0".formatted(function.sumHome()));
    }
  }

  private void getContext(Function function) {
    if (function.contextHome() == 0) {
      line("r1 = *(u64 *)(r10 -%d)".formatted(CONTEXT_SLOT));
    } else {
      line("r1 = r%d".formatted(function.contextHome()));
    }
  }

  private void statement(Function function, Statement statement) {
    switch (statement) {
      case Trace(int number) -> {
        line("r2 = map[1][0]+0");
        line("r3 = *(u64 *)(r2 +0)");
        line("r3 *= 31");
        line("r3 += %d".formatted(number));
        line("*(u64 *)(r2 +0) = r3");
      }
      case Mix(int number) -> {
        getSum(function);
        line("r0 *= 5");
        line("r0 += %d".formatted(number));
        setSum(function);
      }
      case Call(int callee) -> call(function, callee);
      case Jump(int array, long key) -> {
        getContext(function);
        text.append(form.tailCall(map(array), map((array + 1) % arrays), key));
      }
      case ComputedJump(int array, int mask, int plus) -> {
        getContext(function);
        line("r3 = map[1][0]+0");
        line("r3 = *(u64 *)(r3 +0)");
        line("r3 &= %d".formatted(mask));
        line("r3 += %d".formatted(plus));
        text.append(form.map(map(array), map((array + 1) % arrays)));
        line("call bpf_tail_call#12");
      }
      case WideJump(int array, int key) -> {
        getContext(function);
        line("r3 = map[1][0]+0");
        line("r3 = *(u64 *)(r3 +0)");
        line("r3 <<= 32");
        line("r3 += %d".formatted(key));
        text.append(form.map(map(array), map((array + 1) % arrays)));
        line("call bpf_tail_call#12");
      }
      case Helper(boolean java) -> helper(java);
      case ChoosingJump(int even, int odd, int key) -> {
        getContext(function);
        line("r4 = map[1][0]+0");
        line("r4 = *(u64 *)(r4 +0)");
        line("r4 &= 1");
        line("r3 = %d".formatted(key));
        line("r2 = map[%d]".formatted(map(even)));
        line("if r4 == 0x0 goto pc+2");
        line("r2 = map[%d]".formatted(map(odd)));
        line("call bpf_tail_call#12");
      }
    }
  }

  private void helper(boolean java) {
    if (!java) {
      line("call bpf_get_smp_processor_id#8");
      return;
    }
    for (int i = 1; i <= 5; i++) {
      line("r%d = 0".formatted(i));
    }
    line("call bpf_csum_diff#28");
  }

  private void call(Function function, int callee) {
    getContext(function);
    line("call f%d".formatted(callee));
    line("r1 = r0");
    getSum(function);
    line("r0 *= 7");
    line("r0 += r1");
    setSum(function);
  }

  private static int map(int array) {
    return Rig.FIRST_ARRAY + array;
  }
}
