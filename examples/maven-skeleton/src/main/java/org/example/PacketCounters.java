package org.example;

import dev.skep.engine.TestRun;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.example.bpf.Dispatch;

/** Counts the packets of a capture by protocol, in BPF. */
final class PacketCounters {
  static void main(String[] args) throws IOException {
    ByteBuffer pcap = ByteBuffer.wrap(Files.readAllBytes(Path.of(args[0])));
    pcap.order(ByteOrder.LITTLE_ENDIAN).position(24);
    try (Dispatch dispatch = Dispatch.open()) {
      dispatch.load(Vm.jit(VmOptions.standard()));
      while (pcap.hasRemaining()) {
        byte[] packet = new byte[pcap.getInt(pcap.position() + 8)];
        pcap.position(pcap.position() + 16).get(packet);
        dispatch.programs().parse().testRun(TestRun.of(packet));
      }
      var counters = dispatch.percpu();
      IO.println("tcp: " + counters.sum(cpu -> cpu.tcp().packets()));
      IO.println("udp: " + counters.sum(cpu -> cpu.udp().packets()));
      IO.println("other: " + counters.sum(cpu -> cpu.other().packets()));
    }
  }
}
