package dev.skep.tests.engines;

import dev.skep.engine.Engine;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.KernelEngine;
import dev.skep.object.BpfObject;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.run.ArmEngine;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;

/** Engines by name, and what tests of them need. */
public final class Engines {
  private Engines() {}

  /**
   * Opens an engine; skips the test where the host has none of that name. Besides those of the
   * command line there is "arm64", emulated, also as "arm64/bti-pac" with guarded branches and the
   * tail calls of Linux. The others of the JVM may be "/linux-6.18", with the tail calls of that
   * kernel, "/blinded", without constants of programs in the code, or "/guarded", with maps as
   * those without privileges make them.
   */
  public static Engine open(String name) {
    VmOptions options = VmOptions.ofCpus(2);
    int slash = name.indexOf('/');
    String engine = slash < 0 ? name : name.substring(0, slash);
    String variant = name.substring(engine.length());
    try {
      return switch (engine) {
        case "interp" -> Vm.interp(variant(options, variant));
        case "jit" -> Vm.jit(variant(options, variant));
        case "jit-kernel" -> Vm.jitKernel(variant(options, variant));
        case "arm64" ->
            variant.isEmpty() ? ArmEngine.open(options) : ArmEngine.openGuarded(options);
        case "linux" -> kernel();
        default -> throw new IllegalArgumentException(name);
      };
    } catch (UnsupportedException missing) {
      Assumptions.abort(String.valueOf(missing.getMessage()));
      throw missing;
    }
  }

  private static VmOptions variant(VmOptions options, String variant) {
    return switch (variant) {
      case "" -> options;
      case "/linux-6.18" -> options.withRewrites(RewriteOptions.LINUX);
      case "/blinded" -> options.withRewrites(RewriteOptions.SEED.blinded());
      case "/guarded" -> options.withGuardedMaps();
      default -> throw new IllegalArgumentException(variant);
    };
  }

  private static Engine kernel() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    return KernelEngine.host();
  }

  /** The object of these tests, parsed afresh. */
  static BpfObject object() {
    try (InputStream in =
        Objects.requireNonNull(Engines.class.getResourceAsStream("/engines/engines.bpf.o"))) {
      return BpfObject.open("engines.bpf.o", in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static byte[] u32(int... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }

  public static byte[] u64(long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      bytes.putLong(value);
    }
    return bytes.array();
  }

  public static long number(byte[] bytes) {
    long value = 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      value = value << 8 | bytes[i] & 0xff;
    }
    return value;
  }

  /** A packet of that length whose first byte is given, and whose others count up. */
  public static byte[] packet(int first, int length) {
    byte[] packet = new byte[length];
    for (int i = 0; i < length; i++) {
      packet[i] = (byte) i;
    }
    packet[0] = (byte) first;
    return packet;
  }
}
