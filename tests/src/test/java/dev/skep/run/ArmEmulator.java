package dev.skep.run;

import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.NullMarked;

/**
 * A process that executes arm64 code on this process's memory; runner.c beside the tests tells how.
 * One run at a time, with runs inside of helpers.
 */
@NullMarked
final class ArmEmulator implements AutoCloseable {
  static final long CODE_AREA = 0x48000000L;
  static final int CODE_BYTES = 64 << 20;

  private static final List<String> COMMANDS =
      List.of("/usr/bin/qemu-aarch64-static", "/usr/bin/qemu-aarch64");

  /** Keeps the emulator's own mappings out of the way of ours. */
  private static final Path SETARCH = Path.of("/usr/bin/setarch");

  private static final int STUB_BYTES = 16;
  private static final int STUBS = 512;
  private static final int PAGE_BYTES = 4096;
  private static final int CODE = 1;
  private static final int BASE = 2;
  private static final int RUN = 3;
  private static final int VALUE = 4;
  private static final int PAGE = 5;
  private static final int NONE = 6;
  private static final int NEED = 7;
  private static final int DIRTY = 8;
  private static final int HELPER = 9;
  private static final int DONE = 10;
  private static final int FAULT = 11;
  private static final int GUARD = 12;
  private static final int FIX = 13;

  /** The zero register: nothing becomes 0. */
  private static final int NO_REGISTER = 31;

  private final Path program;
  private final Process process;
  private final OutputStream out;
  private final InputStream in;
  private final RandomAccessFile memory;
  private final long stubs;
  private final List<BpfFunction> functions = new ArrayList<>();

  /**
   * @param extra arguments of the emulator, such as "-cpu", "cortex-a53"
   */
  ArmEmulator(String... extra) {
    try {
      program = Files.createTempFile("skep-arm64", "");
      try (InputStream runner = ArmEmulator.class.getResourceAsStream("/arm64/runner")) {
        Files.write(program, Objects.requireNonNull(runner).readAllBytes());
      }
      Files.setPosixFilePermissions(
          program, EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_EXECUTE));
      List<String> command = new ArrayList<>(List.of(SETARCH.toString(), "-R", command()));
      command.addAll(List.of(extra));
      command.add(program.toString());
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      out = new BufferedOutputStream(process.getOutputStream(), 1 << 16);
      in = new BufferedInputStream(process.getInputStream(), 1 << 16);
      memory = new RandomAccessFile("/proc/self/mem", "rw");
      stubs = get();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Whether there is an emulator here; else what is missing. */
  static String missing() {
    if (COMMANDS.stream().noneMatch(command -> Files.isExecutable(Path.of(command)))) {
      return "qemu-aarch64-static is not installed";
    }
    return Files.isExecutable(SETARCH) ? "" : "setarch is not installed";
  }

  private static String command() {
    return COMMANDS.stream()
        .filter(command -> Files.isExecutable(Path.of(command)))
        .findFirst()
        .orElseThrow();
  }

  /** Address of code that calls the function in this process. */
  synchronized long stub(BpfFunction function) {
    if (functions.size() == STUBS) {
      throw new IllegalStateException("more than " + STUBS + " functions");
    }
    functions.add(function);
    return stubs + (long) STUB_BYTES * (functions.size() - 1);
  }

  synchronized void code(long address, byte[] bytes) {
    try {
      put(CODE, address, bytes.length);
      out.write(bytes);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** From now on indirect branches into the code area must land on a bti. */
  synchronized void guard() {
    try {
      put(GUARD);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /**
   * An entry of the exception table.
   *
   * @param register that becomes 0 at a bad address, or -1
   */
  synchronized void fix(long pc, int register) {
    try {
      put(FIX, pc, register < 0 ? NO_REGISTER : register);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /**
   * Calls code with up to five arguments.
   *
   * @param sp top of its stack, in this process's memory
   */
  synchronized long run(Cpu cpu, long entry, long sp, long... arguments) {
    try {
      // The number of the CPU is where the code looks for thread_info.cpu.
      put(BASE, cpu.perCpuBase(), cpu.perCpuBase() + 64 - 24);
      put(RUN, entry);
      for (int i = 0; i < 5; i++) {
        put(i < arguments.length ? arguments[i] : 0);
      }
      put(sp);
      return answers(cpu);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private long answers(Cpu cpu) throws IOException {
    while (true) {
      long kind = get();
      switch ((int) kind) {
        case NEED -> page(get());
        case DIRTY -> {
          long address = get();
          byte[] bytes = in.readNBytes((int) get());
          memory.seek(address);
          memory.write(bytes);
        }
        case HELPER -> {
          BpfFunction function = functions.get((int) get());
          long value = function.call(cpu, get(), get(), get(), get(), get());
          put(VALUE, value);
        }
        case DONE -> {
          return get();
        }
        case FAULT ->
            throw new IllegalStateException(
                "signal %d at 0x%x, address 0x%x".formatted(get(), get(), get()));
        default -> throw new IOException("message " + kind);
      }
    }
  }

  private void page(long address) throws IOException {
    byte[] bytes = new byte[PAGE_BYTES];
    try {
      memory.seek(address);
      memory.readFully(bytes);
    } catch (IOException unmapped) {
      put(NONE);
      return;
    }
    put(PAGE);
    out.write(bytes);
  }

  private void put(long... words) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(8 * words.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long word : words) {
      bytes.putLong(word);
    }
    out.write(bytes.array());
  }

  private long get() throws IOException {
    out.flush();
    byte[] word = in.readNBytes(8);
    if (word.length < 8) {
      throw new IOException("the emulator ended");
    }
    return ByteBuffer.wrap(word).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  @Override
  public void close() {
    try {
      process.destroyForcibly().waitFor();
      memory.close();
      Files.deleteIfExists(program);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
