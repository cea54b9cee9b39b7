package dev.skep.bench;

import dev.skep.engine.Engine;
import dev.skep.linux.KernelEngine;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a tail call costs: chains of 1, 8 and 32 hops in every engine, layout and form, in the
 * running kernel and in C, all in turn in each round. Nanoseconds per hop are what each further hop
 * of a chain adds.
 *
 * <pre>
 *   TailCallBench [--rounds N] [--cold PROGRAMS] [-o json] ROOT
 * </pre>
 */
public final class TailCallBench {
  /** Short, so that most measurements are not interrupted by other work of the machine. */
  private static final double NANOS_PER_MEASUREMENT = 4e5;

  private final BenchArguments arguments;
  private final List<TailCallContender> contenders = new ArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  private TailCallBench(BenchArguments arguments) {
    this.arguments = arguments;
  }

  public static void main(String[] args) throws Exception {
    BenchArguments arguments = BenchArguments.parse(args);
    TailCallBench bench = new TailCallBench(arguments);
    bench.gather();
    List<TailCallContender.Times> times = bench.measure();
    bench.close();
    TailCallReport report = new TailCallReport(bench.contenders, times);
    List<ColdTailCalls.Result> cold = ColdTailCalls.measure(arguments);
    System.out.print(arguments.json() ? report.json(cold) : report.table(cold));
  }

  private void gather() {
    KernelEngine.Availability availability = KernelEngine.available();
    if (availability.available()) {
      Engine kernel = opened(KernelEngine.host());
      for (TailCallText text : TailCallText.values()) {
        TailCallChain chain = chain(kernel, text);
        contender(kernel.name(), "kernel", text.form(RewriteOptions.LINUX), text, chain::ownNanos);
      }
    } else {
      System.err.println("linux is not measured: " + availability.reason());
    }
    VmOptions options = VmOptions.ofCpus(1);
    VmOptions linux = options.withRewrites(RewriteOptions.LINUX);
    forms(opened(Vm.jitKernel(linux)), "kernel", RewriteOptions.LINUX);
    forms(opened(Vm.jitKernel(options)), "kernel", RewriteOptions.SEED);
    forms(opened(Vm.jit(options)), "user", RewriteOptions.SEED);
    interp(opened(Vm.interp(options)), TailCallText.CONSTANT, TailCallText.VARIABLE);
    Path library = arguments.root().resolve("bench/native/tail-chain.so").toAbsolutePath();
    contender("c", "c", "direct", TailCallText.CONSTANT, chain(library, "chain_direct")::nanos);
    contender("c", "c", "indirect", TailCallText.VARIABLE, chain(library, "chain_indirect")::nanos);
  }

  private static NativeLoop chain(Path library, String name) {
    return new NativeLoop(library, name, (hops, times) -> (long) TailCallText.RESULT * times);
  }

  private void forms(Engine engine, String layout, RewriteOptions options) {
    for (TailCallText text : TailCallText.values()) {
      String form = text.form(options);
      contender(engine.name(), layout, form, text, chain(engine, text)::nanos);
    }
  }

  private void interp(Engine engine, TailCallText... texts) {
    for (TailCallText text : texts) {
      contender(engine.name(), "-", "-", text, chain(engine, text)::nanos);
    }
  }

  private Engine opened(Engine engine) {
    open.add(engine);
    return engine;
  }

  private TailCallChain chain(Engine engine, TailCallText text) {
    TailCallChain chain = new TailCallChain(engine, text);
    open.add(chain);
    return chain;
  }

  private void contender(
      String engine, String layout, String form, TailCallText text, TailCallContender.Timer timer) {
    contenders.add(new TailCallContender(engine, layout, form, text, timer));
  }

  private List<TailCallContender.Times> measure() {
    List<TailCallContender.Times> times = new ArrayList<>();
    for (TailCallContender each : contenders) {
      TailCallContender.Times own = new TailCallContender.Times(arguments.rounds());
      own.prepare(each.timer(), NANOS_PER_MEASUREMENT);
      times.add(own);
    }
    for (int round = 0; round < arguments.rounds(); round++) {
      for (int i = 0; i < contenders.size(); i++) {
        times.get(i).measure(contenders.get(i).timer(), round);
      }
    }
    return times;
  }

  private void close() throws Exception {
    Collections.reverse(open);
    for (AutoCloseable each : open) {
      each.close();
    }
  }
}
