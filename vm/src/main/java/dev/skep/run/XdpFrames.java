package dev.skep.run;

import dev.skep.jit.x64.BatchLayout;
import dev.skep.machine.AddressSpace;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;

/**
 * Frames for many XDP packets in one call, one page each as {@link XdpContext} has it, and the
 * items of {@link BatchLayout} that point into them. One xdp_buff serves all.
 */
final class XdpFrames implements PacketLoop {
  /** Packets per call: few enough that their frames stay in the second-level cache. */
  private static final int COUNT = 128;

  private static final long FRAMES_SIZE = (long) COUNT * XdpContext.FRAME_SIZE;

  private final XdpContext context;
  private final AddressSpace space;
  private final long frames = Memory.allocate(FRAMES_SIZE, XdpContext.FRAME_SIZE);
  private final long items = Memory.allocate((long) COUNT * BatchLayout.XDP_SIZE);

  XdpFrames(AddressSpace space) {
    this.space = space;
    context = new XdpContext(space);
    space.add(frames, FRAMES_SIZE);
  }

  @Override
  public int capacity() {
    return COUNT;
  }

  @Override
  public boolean fits(byte[] bytes, int offset, int length) {
    return length >= Skb.ETH_HLEN && length <= XdpContext.MAX_LINEAR;
  }

  @Override
  public void build(int count, ProgramType type, Device device) {
    context.build(device, XdpContext.HEADROOM, 0, 0, 0);
  }

  @Override
  public void run(Cpu cpu, Executable executable, int count) {
    executable.runPackets(cpu, context.buff(), items, count);
  }

  @Override
  public void put(int index, byte[] bytes, int offset, int length) {
    long frame = frames + (long) index * XdpContext.FRAME_SIZE;
    long data = frame + XdpContext.HEADROOM;
    int end = XdpContext.HEADROOM + length;
    Memory.fill(frame, XdpContext.HEADROOM, (byte) 0);
    Memory.copy(bytes, offset, data, length);
    Memory.fill(frame + end, XdpContext.FRAME_SIZE - end, (byte) 0);
    long item = items + (long) index * BatchLayout.XDP_SIZE;
    Memory.putLong(item + BatchLayout.XDP_DATA, data);
    Memory.putLong(item + BatchLayout.XDP_DATA_END, data + length);
    Memory.putLong(item + BatchLayout.XDP_DATA_META, data);
  }

  @Override
  public int retval(int index) {
    return Memory.getInt(items + (long) index * BatchLayout.XDP_SIZE + BatchLayout.XDP_RETVAL);
  }

  @Override
  public void close() {
    space.remove(frames);
    context.close();
    Memory.free(frames);
    Memory.free(items);
  }
}
