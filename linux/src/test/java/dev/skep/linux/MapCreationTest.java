package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout.MapCreate;
import dev.skep.linux.sys.CallNumbers;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What BPF_MAP_CREATE gets, by a kernel that only writes it down. */
class MapCreationTest {
  private static final int BPF_MAP_CREATE = 0;
  private static final int BPF_BTF_LOAD = 18;

  private record Created(
      int type,
      int entries,
      int innerFd,
      int node,
      String name,
      int btfFd,
      int keyType,
      long extra) {
    static Created of(long attr) {
      byte[] name = Attr.read(attr + MapCreate.NAME, Attr.NAME_BYTES);
      return new Created(
          Memory.getInt(attr + MapCreate.TYPE),
          Memory.getInt(attr + MapCreate.MAX_ENTRIES),
          Memory.getInt(attr + MapCreate.INNER_MAP_FD),
          Memory.getInt(attr + MapCreate.NUMA_NODE),
          new String(name, StandardCharsets.UTF_8).replace("\0", ""),
          Memory.getInt(attr + MapCreate.BTF_FD),
          Memory.getInt(attr + MapCreate.BTF_KEY_TYPE_ID),
          Memory.getLong(attr + MapCreate.EXTRA));
    }
  }

  private static final class Recorder implements Syscalls {
    final List<Created> created = new ArrayList<>();
    final Set<Integer> open = new HashSet<>();
    boolean refusesTypes;
    int errno;
    private int next = 100;

    @Override
    public long syscall(long number, long... arguments) {
      if (number == CallNumbers.CLOSE) {
        return open.remove((int) arguments[0]) ? 0 : -Errno.EBADF;
      }
      if (number != CallNumbers.BPF) {
        return 0;
      }
      if (arguments[0] == BPF_BTF_LOAD) {
        return fd();
      }
      if (arguments[0] != BPF_MAP_CREATE) {
        return 0;
      }
      Created attr = Created.of(arguments[1]);
      created.add(attr);
      return refusesTypes && attr.btfFd() != 0 ? -Errno.EINVAL : errno != 0 ? -errno : fd();
    }

    private int fd() {
      open.add(next);
      return next++;
    }
  }

  private final Recorder kernel = new Recorder();
  private final KernelEngine engine = KernelEngine.over(kernel, 3);

  private static MapSpec typed() throws IOException {
    try (InputStream in = MapCreationTest.class.getResourceAsStream("/readers/pinned.bpf.o")) {
      byte[] bytes = Objects.requireNonNull(in).readAllBytes();
      return BpfObject.open("pinned", bytes).map("runs").spec();
    }
  }

  @Test
  void typesOfKeyAndValueGoAlong() throws IOException {
    MapSpec spec = typed();
    engine.createMap(spec).close();
    assertThat(kernel.created)
        .singleElement()
        .satisfies(attr -> {
          assertThat(attr.btfFd()).isPositive();
          assertThat(attr.keyType()).isEqualTo(spec.keyTypeId()).isPositive();
        });
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void refusedTypesAreLeftOut() throws IOException {
    kernel.refusesTypes = true;
    engine.createMap(typed()).close();
    assertThat(kernel.created)
        .extracting(Created::btfFd)
        .satisfies(fds -> {
          assertThat(fds).hasSize(2);
          assertThat(fds.get(0)).isPositive();
          assertThat(fds.get(1)).isZero();
        });
    assertThat(kernel.created.get(1).keyType()).isZero();
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void typesAreNotOfferedWhereNoneAreTaken() throws IOException {
    MapSpec queue = MapSpec.of("q", MapType.QUEUE, 0, 8, 4, 0);
    engine.createMap(queue.withTypes(typed().btf(), 0, typed().valueTypeId())).close();
    assertThat(kernel.created).extracting(Created::btfFd).containsExactly(0);
  }

  @Test
  void templateIsCreatedFirstAndClosed() {
    MapSpec inner = MapSpec.of("outer.inner", MapType.ARRAY, 4, 8, 1, 0);
    MapSpec outer = MapSpec.of("outer-map: long name", MapType.HASH_OF_MAPS, 4, 4, 7, 4);
    try (KernelMap map = engine.createMap(outer.withInner(inner).withNumaNode(2).withExtra(9))) {
      assertThat(kernel.open).containsExactly(map.fd());
    }
    assertThat(kernel.created)
        .containsExactly(
            new Created(2, 1, 0, 0, "outer.inner", 0, 0, 0),
            new Created(13, 7, 100, 2, "outer_map__long", 0, 0, 9));
  }

  @Test
  void perfArrayWithoutSizeHasASlotForEachCpu() {
    engine.createMap(MapSpec.of("p", MapType.PERF_EVENT_ARRAY, 4, 4, 0, 0)).close();
    assertThat(kernel.created).extracting(Created::entries).containsExactly(3);
  }

  @Test
  void refusalIsOneLineWithAdvice() throws IOException {
    kernel.errno = Errno.E2BIG;
    MapSpec spec = typed();
    assertThatThrownBy(() -> engine.createMap(spec))
        .isInstanceOf(BpfErrnoException.class)
        .hasMessageStartingWith("creation of map \"runs\": E2BIG: the map is larger");
    assertThat(kernel.created).hasSize(2);
    assertThat(kernel.open).isEmpty();
  }
}
