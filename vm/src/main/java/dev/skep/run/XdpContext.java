package dev.skep.run;

import dev.skep.machine.AddressSpace;
import dev.skep.natives.Memory;
import dev.skep.program.layout.SkbSharedInfoLayout;
import dev.skep.program.layout.XdpBuffLayout;
import dev.skep.program.layout.XdpTxqInfoLayout;

/**
 * One CPU's XDP buffer for test runs: a frame of one page, as a driver would give it, and what does
 * not fit into it.
 *
 * <pre>
 *   hard_start                         data               data_hard_end
 *   | 256 headroom (first 40 reserved) | packet ......... | skb_shared_info |
 *   0                                  256                3776           4096
 * </pre>
 */
final class XdpContext implements AutoCloseable {
  static final int FRAME_SIZE = 4096;
  static final int HEADROOM = 256;

  /** Room for struct skb_shared_info behind the data. */
  static final int TAILROOM = SkbSharedInfoLayout.SIZE;

  /** sizeof(struct xdp_frame), which lives at the start of the headroom. */
  static final int FRAME_HEADER = 40;

  /** struct xdp_page_head, which test runs with live frames keep in each page. */
  static final int PAGE_HEAD = 112;

  /** The most that the linear part holds without metadata. */
  static final int MAX_LINEAR = FRAME_SIZE - HEADROOM - TAILROOM;

  /** MAX_SKB_FRAGS. */
  static final int MAX_FRAGS = 17;

  /** Bytes of a full fragment: they lie at multiples of it. */
  static final int FRAG_SIZE = 4096;

  /** Skep's own, behind struct xdp_buff: address of the fragments, one behind the other. */
  static final int FRAGS = 64;

  /** Skep's own: bytes in the fragments, u32. */
  static final int FRAGS_LENGTH = 72;

  private static final int BLOCK = 80;

  private final long buff = Memory.allocate(BLOCK);
  private final long txq = Memory.allocate(XdpTxqInfoLayout.DEV + 8);
  private final long frame = Memory.allocate(FRAME_SIZE, FRAME_SIZE);
  private final AddressSpace space;
  private long frags;

  XdpContext(AddressSpace space) {
    this.space = space;
    space.add(buff, XdpBuffLayout.SIZE);
    space.add(txq, XdpTxqInfoLayout.DEV + 8);
    space.add(frame, FRAME_SIZE);
  }

  /** struct xdp_buff. */
  long buff() {
    return buff;
  }

  /** The start of the frame. */
  long frame() {
    return frame;
  }

  /** The fragments' memory: room for all of them. */
  long frags() {
    if (frags == 0) {
      frags = Memory.allocate(MAX_FRAGS * FRAG_SIZE, FRAG_SIZE);
      space.add(frags, MAX_FRAGS * FRAG_SIZE);
    }
    return frags;
  }

  /** Clears the frame outside of what will be used. */
  void clear(int usedFrom, int usedTo) {
    Memory.fill(frame, usedFrom, (byte) 0);
    Memory.fill(frame + usedTo, FRAME_SIZE - usedTo, (byte) 0);
  }

  /**
   * Sets up the xdp_buff.
   *
   * @param device where it comes from
   * @param metaOffset where the metadata, or the packet if there is none, starts in the frame
   * @param metaLength bytes of metadata
   * @param length bytes of metadata and packet together in the frame
   * @param fragsLength bytes in {@link #frags}
   */
  void build(Device device, int metaOffset, int metaLength, int length, int fragsLength) {
    build(device, metaOffset, metaLength, length, fragsLength, FRAME_SIZE);
  }

  /** As above, with a frame that ends before the page does. */
  void build(
      Device device, int metaOffset, int metaLength, int length, int fragsLength, int frameSize) {
    Memory.putLong(txq + XdpTxqInfoLayout.DEV, device.address());
    long meta = frame + metaOffset;
    Memory.putLong(buff + XdpBuffLayout.DATA_HARD_START, frame);
    Memory.putLong(buff + XdpBuffLayout.DATA_META, meta);
    Memory.putLong(buff + XdpBuffLayout.DATA, meta + metaLength);
    Memory.putLong(buff + XdpBuffLayout.DATA_END, meta + length);
    Memory.putLong(buff + XdpBuffLayout.RXQ, device.rxq());
    Memory.putLong(buff + XdpBuffLayout.TXQ, txq);
    Memory.putInt(buff + XdpBuffLayout.FRAME_SZ, frameSize);
    Memory.putInt(buff + XdpBuffLayout.FLAGS, 0);
    Memory.putLong(buff + FRAGS, fragsLength == 0 ? 0 : frags());
    Memory.putInt(buff + FRAGS_LENGTH, fragsLength);
  }

  @Override
  public void close() {
    space.remove(buff);
    space.remove(txq);
    space.remove(frame);
    space.remove(frags);
    Memory.free(buff);
    Memory.free(txq);
    Memory.free(frame);
    Memory.free(frags);
  }
}
