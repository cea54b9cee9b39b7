package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.KernelBtf;
import dev.skep.linux.KernelEngine;
import dev.skep.natives.Syscalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Iterators over what belongs to this test, and a typed tracepoint that a mark filters. */
class BtfHookTest {
  private static final long SELF = ProcessHandle.current().pid();
  private static final long MARK = 0x4000_0000L | new SecureRandom().nextInt(1 << 30);

  @BeforeEach
  void needsTypes() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    Assumptions.assumeTrue(KernelBtf.types().vmlinux() != null, "the kernel shows no BTF");
  }

  private static byte[] bytes(int size, long number) {
    ByteBuffer buffer = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number);
    return java.util.Arrays.copyOf(buffer.array(), size);
  }

  @Test
  void iteratorOverOneMap() {
    try (Loaded loaded = Loaded.of("btf", "each_element")) {
      BpfMap map = loaded.object().map("counts");
      ByteBuffer expected = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < 4; i++) {
        map.update(bytes(4, i), bytes(8, 100 + i), BpfMap.ANY);
        expected.putLong(100 + i);
      }
      var program = loaded.program("each_element");
      try (Link link = program.attach(Iter.ofMap(map))) {
        assertThat(Iter.read(link)).isEqualTo(expected.array());
        map.update(bytes(4, 0), bytes(8, 7), BpfMap.ANY);
        assertThat(Iter.read(link)).startsWith(bytes(8, 7)).hasSize(32);
        assertThat(link.info().type()).isEqualTo("iter");
        assertThat(link.info().target()).isEqualTo("bpf_map_elem");
        link.update(program);
      }
      // Without a map the kernel does not know what to walk over.
      assertThatThrownBy(program::attach).isInstanceOf(BpfErrnoException.class);
    }
  }

  @Test
  void iteratorOverOneProcess() {
    try (Loaded loaded = Loaded.of("btf", "each_task")) {
      var program = loaded.program("each_task");
      try (Link one = program.attach(Iter.ofThread(SELF));
          Link all = program.attach(Iter.ofProcess(SELF))) {
        assertThat(Iter.read(one)).hasSize(1);
        assertThat(Iter.read(all)).hasSizeGreaterThan(1);
      }
    }
  }

  @Test
  void typedTracepointsByTheirSection() {
    try (Loaded loaded = Loaded.marked(MARK, "btf", "on_typed_sys_enter")) {
      try (Link link = loaded.program("on_typed_sys_enter").attach()) {
        Syscalls.host().syscall(MARK);
        assertThat(loaded.count(0)).isEqualTo(1);
        assertThat(link.info().type()).isEqualTo("raw_tracepoint");
        assertThat(link.info().target()).isEqualTo("sys_enter");
        assertThatThrownBy(() -> link.update(loaded.program("on_typed_sys_enter")))
            .isInstanceOf(UnsupportedException.class);
      }
      try (Link link = loaded.program("on_typed_sys_enter").attach(new BtfHook(5))) {
        Syscalls.host().syscall(MARK);
        assertThat(loaded.count(0)).isEqualTo(2);
        assertThat(link.info().programId()).isPositive();
      }
      Syscalls.host().syscall(MARK);
      assertThat(loaded.count(0)).isEqualTo(2);
    }
  }
}
