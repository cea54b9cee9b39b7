package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Texts that Linux 6.18 printed. */
class StatePrinterTest {
  private static final Program PROGRAM =
      Program.of(
          "p",
          ProgramType.XDP,
          "GPL",
          new long[] {0x95},
          List.of(MapSpec.of("x", MapType.ARRAY, 4, 64, 1, 0)));

  private final long[] r = new long[Reg.STRIDE];

  static String text(long[] r) {
    VerifierLog log = new VerifierLog(2, Integer.MAX_VALUE);
    new StatePrinter(log, PROGRAM).register(0, r, 0);
    return log.text();
  }

  private String scalar(Runnable change) {
    Reg.markUnknown(r, 0, false);
    change.run();
    new Scalars(new VerifierLog(0, 0), false).sync(r, 0);
    return text(r);
  }

  @Test
  void constants() {
    Reg.markConst(r, 0, 5);
    assertThat(text(r)).isEqualTo("5");
    Reg.markConst(r, 0, 0x8000);
    assertThat(text(r)).isEqualTo("0x8000");
    Reg.markConst(r, 0, -32769);
    assertThat(text(r)).isEqualTo("0xffffffffffff7fff");
    Reg.setPrecise(r, 0, true);
    Reg.markConst(r, 0, -1);
    assertThat(text(r)).isEqualTo("P-1");
  }

  @Test
  void ranges() {
    assertThat(scalar(() -> {})).isEqualTo("scalar()");
    assertThat(scalar(() -> Reg.setUnsigned(r, 0, 0, 100)))
        .isEqualTo("scalar(smin=smin32=0,smax=umax=smax32=umax32=100,var_off=(0x0; 0x7f))");
    assertThat(scalar(() -> Reg.setUnsigned(r, 0, 6, -1))).isEqualTo("scalar(umin=6)");
    Reg.setId(r, 0, 1 | Reg.ADD_CONST);
    Reg.setOff(r, 0, 5);
    assertThat(text(r)).isEqualTo("scalar(id=1+5,umin=6)");
  }

  @Test
  void pointers() {
    Reg.markPointer(r, 0, RegType.STACK);
    Reg.setOff(r, 0, -4);
    assertThat(text(r)).isEqualTo("fp-4");
    Reg.setFrame(r, 0, 1);
    assertThat(text(r)).isEqualTo("fp[1]-4");
    Reg.setFrame(r, 0, 0);
    Reg.markPointer(r, 0, RegType.CTX);
    assertThat(text(r)).isEqualTo("ctx()");
    Reg.markPointer(r, 0, RegType.MAP_VALUE | RegType.MAYBE_NULL);
    Reg.setId(r, 0, 1);
    assertThat(text(r)).isEqualTo("map_value_or_null(id=1,map=x,ks=4,vs=64)");
    Reg.markPointer(r, 0, RegType.MAP_VALUE);
    Reg.setOff(r, 0, 16);
    assertThat(text(r)).isEqualTo("map_value(map=x,ks=4,vs=64,off=16)");
    Reg.markPointer(r, 0, RegType.PACKET);
    Reg.setOff(r, 0, 14);
    Reg.setHandle(r, 0, 14);
    assertThat(text(r)).isEqualTo("pkt(off=14,r=14)");
    Reg.markPointer(r, 0, RegType.MEM | RegType.MEM_RINGBUF | RegType.MAYBE_NULL);
    Reg.setId(r, 0, 2);
    Reg.setRefObjId(r, 0, 2);
    Reg.setHandle(r, 0, 8);
    assertThat(text(r)).isEqualTo("ringbuf_mem_or_null(id=2,ref_obj_id=2,sz=8)");
  }

  @Test
  void frames() {
    State state = new State();
    Frame frame = new Frame();
    state.frames[0] = frame;
    for (int i = 0; i < Reg.COUNT; i++) {
      Reg.markNotInit(frame.regs, Frame.reg(i), false);
    }
    Reg.markPointer(frame.regs, Frame.reg(1), RegType.CTX);
    Reg.markPointer(frame.regs, Frame.reg(10), RegType.STACK);
    frame.grow(16);
    frame.setTypes(0, 0x0202020202020202L);
    frame.setTypes(1, 0x0101010102020300L);
    Reg.markConst(frame.spilled(1), Frame.spill(1), 7);
    state.acquire(State.REF_PTR, 3, 0);
    VerifierLog log = new VerifierLog(2, Integer.MAX_VALUE);
    StatePrinter printer = new StatePrinter(log, PROGRAM);
    printer.print(state, 0, null);
    Scratched only = new Scratched();
    only.reg(10);
    printer.print(state, 0, only);
    assertThat(log.text())
        .isEqualTo(" R1=ctx() R10=fp0 fp-8=mmmmmmmm fp-16=?0mm7 refs=3\n R10=fp0 refs=3\n");
    assertThat(only.any()).isFalse();
  }
}
