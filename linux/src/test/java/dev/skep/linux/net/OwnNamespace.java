package dev.skep.linux.net;

import dev.skep.errors.Errno;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.sys.CallNumbers;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;

/**
 * A network namespace and a mount namespace of a test's own, with a pair of devices sk0 and sk1.
 * They live as long as a thread that is made for them: nothing is left, whatever the test does.
 */
public final class OwnNamespace {
  private static final long CLONE_NEWNS = 0x20000;
  private static final long CLONE_NEWNET = 0x40000000;
  private static final long MS_REC_PRIVATE = 0x44000;
  private static final Syscalls SYSCALLS = Syscalls.host();

  /** What to do in there. */
  @FunctionalInterface
  public interface Body {
    void run(OwnNamespace namespace) throws Throwable;
  }

  private final Devices.Device near;
  private final Devices.Device far;

  private OwnNamespace(Devices.Device near, Devices.Device far) {
    this.near = near;
    this.far = far;
  }

  /** The device sk0: tests attach here. */
  public Devices.Device near() {
    return near;
  }

  /** The device sk1: what is sent here comes in at {@link #near}. */
  public Devices.Device far() {
    return far;
  }

  /** Runs a test on a thread in namespaces of its own; skips it where that is not allowed. */
  public static void run(Body body) throws Throwable {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .name("own-namespace")
            .start(() -> {
              try {
                enterAndRun(body);
              } catch (Throwable thrown) {
                failure.set(thrown);
              }
            });
    thread.join();
    if (failure.get() != null) {
      throw failure.get();
    }
  }

  private static void enterAndRun(Body body) throws Throwable {
    long result = SYSCALLS.syscall(CallNumbers.UNSHARE, CLONE_NEWNET | CLONE_NEWNS);
    Assumptions.assumeTrue(
        result == 0, () -> "no namespaces of our own: " + Errno.name((int) -result));
    mount("none", Path.of("/"), "none", MS_REC_PRIVATE);
    try (Netlink netlink = Netlink.open(SYSCALLS)) {
      Devices devices = new Devices(netlink);
      devices.up(devices.byName("lo").index());
      try {
        devices.createVeth("sk0", "sk1");
      } catch (NetlinkException refused) {
        Assumptions.abort("no veth devices here: " + refused.getMessage());
      }
      Devices.Device near = devices.byName("sk0");
      Devices.Device far = devices.byName("sk1");
      devices.up(near.index());
      devices.up(far.index());
      try {
        body.run(new OwnNamespace(near, far));
      } finally {
        devices.delete(near.index());
      }
    }
  }

  /** Mounts a file system in this thread's mount namespace, or skips the test. */
  public static void mount(String source, Path target, String type, long flags) {
    long from = text(source);
    long to = text(target.toString());
    long kind = text(type);
    long result = SYSCALLS.syscall(CallNumbers.MOUNT, from, to, kind, flags, 0);
    Memory.free(from);
    Memory.free(to);
    Memory.free(kind);
    Assumptions.assumeTrue(
        result == 0, () -> "no mount of type " + type + ": " + Errno.name((int) -result));
  }

  private static long text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    long address = Memory.allocate(bytes.length + 1L);
    Memory.copy(Arrays.copyOf(bytes, bytes.length + 1), 0, address, bytes.length + 1);
    return address;
  }
}
