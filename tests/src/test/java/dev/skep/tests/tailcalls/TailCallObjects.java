package dev.skep.tests.tailcalls;

import dev.skep.engine.LoadedObject;
import dev.skep.engine.TestRun;
import dev.skep.object.BpfObject;
import dev.skep.tests.engines.Engines;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** The objects of these tests, and what is done with them. */
final class TailCallObjects {
  /** Of the packet that programs are run with. */
  static final int LENGTH = 54;

  private TailCallObjects() {}

  /** Parsed afresh. */
  static BpfObject open(String name) {
    try (InputStream in =
        Objects.requireNonNull(TailCallObjects.class.getResourceAsStream("/tailcalls/" + name))) {
      return BpfObject.open(name, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a program with a packet of Ethernet, IPv4 and TCP headers. */
  static int run(LoadedObject object, String program) {
    byte[] packet = new byte[LENGTH];
    packet[12] = 8;
    packet[14] = 0x45;
    packet[23] = 6;
    return object.program(program).testRun(TestRun.of(packet)).retval();
  }

  static void put(LoadedObject object, String map, int slot, String program) {
    byte[] value = Engines.u32(object.program(program).slotValue());
    object.map(map).update(Engines.u32(slot), value, 0);
  }
}
