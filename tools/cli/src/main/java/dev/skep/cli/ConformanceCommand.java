package dev.skep.cli;

import dev.skep.engine.Engine;
import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.interp.Interpreter;
import dev.skep.interp.Linkage;
import dev.skep.interp.ProgramTable;
import dev.skep.interp.Trap;
import dev.skep.interp.UnverifiedProgram;
import dev.skep.linux.KernelEngine;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.natives.Memory;
import dev.skep.rewrite.KernelVariable;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code skep conformance-plugin}: the plugin protocol of the public suite bpf_conformance. The
 * program comes as hex on standard input, the memory as hex argument; R0 goes out as hex.
 *
 * <p>The suite's programs get a pointer to bare memory in R1 and its length in R2. No program type
 * has such a context, so the verifier cannot judge them as they are: they run in the interpreter,
 * which checks every access (see {@link UnverifiedProgram}), and never reach the JIT. With --engine
 * they are dressed as XDP programs and verified (see {@link ConformanceProgram}).
 */
@Command(
    name = "conformance-plugin",
    hidden = true,
    description = "Run one program of the suite bpf_conformance.")
final class ConformanceCommand implements Callable<Integer> {
  @Mixin GlobalOptions global;
  @Spec CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "MEMORY", description = "Memory contents in hex.")
  String memory = "";

  @Option(names = "--program", paramLabel = "HEX", description = "The program; else from stdin.")
  @Nullable String program;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description = "Verify it as an XDP program and run it on interp, jit, jit-kernel or linux.")
  @Nullable String engine;

  @Option(names = "--elf", description = "The program is an ELF object.")
  boolean elf;

  @Override
  public Integer call() throws IOException {
    if (elf) {
      throw new UnsupportedException("conformance plugin: programs in ELF");
    }
    String text = program != null ? program : firstLine(System.in);
    CommandLine line = spec.commandLine();
    try {
      long r0 = engine == null ? evaluate(text, memory) : evaluateVerified(engine, text);
      line.getOut().println(Long.toHexString(r0));
      return ExitStatus.OK;
    } catch (Trap e) {
      line.getErr().println("skep: " + e.getMessage());
      return ExitStatus.REJECTED;
    }
  }

  private static String firstLine(InputStream in) throws IOException {
    String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    return text.lines().findFirst().orElse("");
  }

  /**
   * Runs a program without verification.
   *
   * @param program its slots in hex, blanks between bytes allowed
   * @param memory what R1 points to, likewise
   * @return R0
   */
  static long evaluate(String program, String memory) {
    long[] slots = slots(program);
    byte[] bytes = bytes("memory", memory);
    try (Machine machine = Machine.ofCpus(1);
        Interpreter interpreter = new Interpreter(machine, ProgramTable.EMPTY)) {
      return run(machine, interpreter.loadUnverified("conformance", slots, new Helpers()), bytes);
    }
  }

  /** As {@link #evaluate(String, String)}, verified and on one of the engines. */
  static long evaluate(Engine engine, String program, String memory) {
    return ConformanceProgram.run(engine, slots(program), bytes("memory", memory));
  }

  private static byte[] bytes(String what, String hex) {
    return Hex.parse(what, hex.replace(" ", "").strip());
  }

  private static long[] slots(String program) {
    byte[] code = bytes("program", program);
    if (code.length == 0 || code.length % Long.BYTES != 0) {
      throw new MalformedException("program: " + code.length + " bytes are no whole slots");
    }
    long[] slots = new long[code.length / Long.BYTES];
    ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(slots);
    return slots;
  }

  private long evaluateVerified(String name, String text) {
    try (Engine engine =
        switch (name) {
          case "interp" -> Vm.interp(VmOptions.ofCpus(1));
          case "jit" -> Vm.jit(VmOptions.ofCpus(1));
          case "jit-kernel" -> Vm.jitKernel(VmOptions.ofCpus(1));
          case "linux" -> KernelEngine.host();
          default ->
              throw new UsageException(
                  "unknown engine \"" + name + "\": interp, jit, jit-kernel or linux");
        }) {
      return evaluate(engine, text, memory);
    }
  }

  private static long run(Machine machine, UnverifiedProgram program, byte[] bytes) {
    long block = bytes.length == 0 ? 0 : Memory.allocate(bytes.length);
    Memory.copy(bytes, 0, block, bytes.length);
    machine.addressSpace().add(block, bytes.length);
    Cpu cpu = machine.cpus().enter();
    try {
      return program.run(cpu, block, bytes.length);
    } finally {
      machine.cpus().leave();
      Memory.free(block);
    }
  }

  /** The helpers that need neither maps nor context. */
  private static final class Helpers implements Linkage {
    private static final int KTIME_GET_NS = 5;
    private static final int GET_SMP_PROCESSOR_ID = 8;

    @Override
    public long mapAddress(int map) {
      throw new UnsupportedException("conformance plugin: maps");
    }

    @Override
    public long mapValueAddress(int map, int offset) {
      throw new UnsupportedException("conformance plugin: maps");
    }

    @Override
    public long variableAddress(KernelVariable variable) {
      throw new UnsupportedException("conformance plugin: variable " + variable.symbol());
    }

    @Override
    public BpfFunction function(int number) {
      return switch (number) {
        case KTIME_GET_NS -> (_, _, _, _, _, _) -> System.nanoTime();
        case GET_SMP_PROCESSOR_ID -> (cpu, _, _, _, _, _) -> cpu.number();
        default -> throw new UnsupportedException("conformance plugin: helper #" + number);
      };
    }
  }
}
