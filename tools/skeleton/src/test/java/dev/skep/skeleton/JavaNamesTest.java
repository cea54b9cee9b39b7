package dev.skep.skeleton;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JavaNamesTest {
  @ParameterizedTest
  @CsvSource({
    "rx_packets, rxPackets, RxPackets",
    "percpu, percpu, Percpu",
    "percpu.data, percpuData, PercpuData",
    "rodata.str1.1, rodataStr11, RodataStr11",
    "LIMIT, limit, LIMIT",
    "myMap, myMap, MyMap",
    "class, class_, Class",
    "__hidden, hidden, Hidden",
    "_, __, __",
    "9lives, _9lives, _9lives",
    "toString, toString_, ToString",
  })
  void javaNamesForNamesOfC(String c, String method, String type) {
    assertThat(new JavaNames().method(c)).isEqualTo(method);
    assertThat(new JavaNames().type(c)).isEqualTo(type);
  }

  @Test
  void everyNameIsUsedOnce() {
    JavaNames names = new JavaNames("load");
    assertThat(names.method("load")).isEqualTo("load2");
    assertThat(names.method("a_b")).isEqualTo("aB");
    assertThat(names.method("aB")).isEqualTo("aB2");
    assertThat(names.method("a.b")).isEqualTo("aB3");
  }
}
