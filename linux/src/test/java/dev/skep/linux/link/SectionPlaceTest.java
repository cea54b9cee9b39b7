package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What section names mean for attaching, as libbpf reads them. */
class SectionPlaceTest {
  private record Case(String section, KernelAttachPoint place) {}

  private static Program program(String section) {
    int slash = section.indexOf('/');
    String rest = slash < 0 ? null : section.substring(slash + 1);
    return new Program(
        "p",
        section,
        ProgramType.KPROBE,
        0,
        0,
        "GPL",
        new long[] {0},
        List.of(),
        List.of(),
        List.of(),
        null,
        rest);
  }

  private static final List<Case> CASES =
      List.of(
          new Case("kprobe/do_nanosleep", Kprobe.entry("do_nanosleep")),
          new Case("kprobe/f.isra.0+0x10", Kprobe.entry("f.isra.0").at(16)),
          new Case("kprobe/f+010", Kprobe.entry("f").at(8)),
          new Case("kprobe/f+10", Kprobe.entry("f").at(10)),
          new Case("kretprobe/f", Kprobe.exit("f")),
          new Case("kprobe.multi/tcp_*", KprobeMulti.entry("tcp_*")),
          new Case("kretprobe.multi/f", KprobeMulti.exit("f")),
          new Case("kprobe.session/f", KprobeMulti.session("f")),
          new Case("uprobe//bin/bash:readline", Uprobe.entry("/bin/bash", "readline")),
          new Case("uprobe/libc.so.6:malloc", Uprobe.entry("libc.so.6", "malloc")),
          new Case("uprobe.s/libc.so.6:malloc", Uprobe.entry("libc.so.6", "malloc")),
          new Case("uprobe/libc.so.6:malloc+4", Uprobe.entry("libc.so.6", "malloc").at(4)),
          new Case("uprobe//bin/x:0x100", Uprobe.entry("/bin/x", "").at(256)),
          new Case("uprobe/l.so:f@V_1.2", Uprobe.entry("l.so", "f@V_1.2")),
          new Case("uretprobe/libc.so.6:malloc", Uprobe.exit("libc.so.6", "malloc")),
          new Case("uprobe.multi//bin/x:f*", UprobeMulti.entry("/bin/x", "f*")),
          new Case("uretprobe.multi.s//bin/x:f", UprobeMulti.exit("/bin/x", "f")),
          new Case("uprobe.session//bin/x:f", UprobeMulti.session("/bin/x", "f")),
          new Case("tp/sched/sched_switch", Tracepoint.of("sched", "sched_switch")),
          new Case("tracepoint/a/b", Tracepoint.of("a", "b")),
          new Case("raw_tp/sched_switch", RawTracepoint.of("sched_switch")),
          new Case("raw_tracepoint.w/x", RawTracepoint.of("x")),
          new Case("tp_btf/x", BtfHook.OF_PROGRAM),
          new Case("fentry/x", BtfHook.OF_PROGRAM),
          new Case("fexit.s/x", BtfHook.OF_PROGRAM),
          new Case("fmod_ret/x", BtfHook.OF_PROGRAM),
          new Case("lsm/file_open", BtfHook.OF_PROGRAM),
          new Case("iter/task", Iter.all()),
          new Case("iter.s/task", Iter.all()));

  @TestFactory
  Stream<DynamicTest> places() {
    return CASES.stream()
        .map(c ->
            DynamicTest.dynamicTest(
                c.section(),
                () -> assertThat(SectionPlace.of(program(c.section()))).isEqualTo(c.place())));
  }

  @ParameterizedTest
  @CsvSource({
    "kprobe/a b,              section \"kprobe/a b\": kprobe name is invalid: a b",
    "kprobe/f+x,              section \"kprobe/f+x\": offset \"x\" is no number",
    "kretprobe/f+4,           section \"kretprobe/f+4\": kretprobes do not support offset"
        + " specification",
    "uprobe/libc.so.6,        section \"uprobe/libc.so.6\": missing ':function[+offset]'"
        + " specification",
    "uprobe/:f,               section \"uprobe/:f\": missing ':function[+offset]' specification",
    "uretprobe/l.so:f+1,      section \"uretprobe/l.so:f+1\": uretprobes do not support offset"
        + " specification",
    "tp/sched,                section \"tp/sched\": a tracepoint is CATEGORY/NAME",
    "tp/sched/,               section \"tp/sched/\": a tracepoint is CATEGORY/NAME",
  })
  void malformed(String section, String message) {
    assertThatThrownBy(() -> SectionPlace.of(program(section)))
        .isInstanceOf(MalformedException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource({
    "xdp,            attach of program \"p\": section \"xdp\" names no place; attach it to one",
    "kprobe,         attach of program \"p\": section \"kprobe\" names no place; attach it to one",
    "tcx/ingress,    attach of program \"p\": section \"tcx/ingress\" names no place; attach it to"
        + " one",
    "lsm_cgroup/x,   attach of program \"p\": section \"lsm_cgroup/x\" names no place; attach it to"
        + " one",
    "usdt//bin/x:a:b, attach of section \"usdt//bin/x:a:b\": usdt",
  })
  void byHand(String section, String message) {
    assertThatThrownBy(() -> SectionPlace.of(program(section)))
        .isInstanceOf(UnsupportedException.class)
        .hasMessage(message);
  }
}
