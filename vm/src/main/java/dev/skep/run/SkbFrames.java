package dev.skep.run;

import dev.skep.jit.x64.BatchLayout;
import dev.skep.machine.AddressSpace;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;

/** Socket buffers for many packets in one call, and the items of {@link BatchLayout}. */
final class SkbFrames implements PacketLoop {
  private static final int COUNT = 32;

  private final SkbContext[] skbs = new SkbContext[COUNT];
  private final int[] lengths = new int[COUNT];
  private final long items = Memory.allocate((long) COUNT * BatchLayout.ITEM_SIZE);

  SkbFrames(AddressSpace space) {
    for (int i = 0; i < COUNT; i++) {
      skbs[i] = new SkbContext(space);
      Memory.putLong(item(i) + BatchLayout.ITEM_CTX, skbs[i].skb());
    }
  }

  private long item(int index) {
    return items + (long) index * BatchLayout.ITEM_SIZE;
  }

  @Override
  public int capacity() {
    return COUNT;
  }

  @Override
  public boolean fits(byte[] bytes, int offset, int length) {
    return SkbTestRun.isSize(bytes, offset, length);
  }

  @Override
  public void put(int index, byte[] bytes, int offset, int length) {
    Memory.copy(bytes, offset, skbs[index].packet(), length);
    lengths[index] = length;
  }

  @Override
  public void build(int count, ProgramType type, Device device) {
    boolean l2 = SkbTestRun.isL2(type);
    boolean pointers = SkbTestRun.hasPacketAccess(type);
    for (int i = 0; i < count; i++) {
      skbs[i].build(lengths[i], device, l2, pointers);
    }
  }

  @Override
  public void run(Cpu cpu, Executable executable, int count) {
    executable.runContexts(cpu, items, count);
  }

  @Override
  public int retval(int index) {
    return Memory.getInt(item(index) + BatchLayout.ITEM_RETVAL);
  }

  @Override
  public void close() {
    for (SkbContext skb : skbs) {
      skb.close();
    }
    Memory.free(items);
  }
}
