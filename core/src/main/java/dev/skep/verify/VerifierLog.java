package dev.skep.verify;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The verifier's log (struct bpf_verifier_log): a growing text that can be cut back to an earlier
 * position, because at level 1 only the path that failed stays.
 *
 * <p>Text is appended at every level, so that the reason of a rejection is always known; what
 * belongs to a level is guarded by the caller with {@link #level1()} and {@link #level2()}. {@link
 * #text()} is empty at level 0, and what a user's buffer of the given size would hold else.
 *
 * <p>Only what can be shown is kept. Positions count all text, kept or not:
 *
 * <pre>
 *   position  0            kept first                          end
 *             |  beginning  | ... dropped ... |  latest text    |
 *   bytes     0            keep                                at
 * </pre>
 *
 * The beginning is kept with {@link #FIXED} only.
 */
final class VerifierLog {
  /** BPF_LOG_LEVEL1: the failing path. */
  static final int LEVEL1 = 1;

  /** BPF_LOG_LEVEL2: everything. */
  static final int LEVEL2 = 2;

  /** BPF_LOG_STATS. */
  static final int STATS = 4;

  /** BPF_LOG_FIXED: keep the beginning, not the end, of a log that does not fit. */
  static final int FIXED = 8;

  /** Characters that one message keeps (BPF_VERIFIER_TMP_LOG_SIZE less its zero). */
  static final int MESSAGE_MAX = 1023;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /** What log_size may be at most (bpf_verifier_log_attr_valid). */
  private static final int MAX_SIZE = 0x3fffffff;

  private static final int ALL_BITS = LEVEL1 | LEVEL2 | STATS | FIXED;

  /** How many subprograms were found so far: the line with their stacks tells of these. */
  int knownSubprogs;

  /** Latest text that is kept at least: resets go back by a line, and reasons are looked up. */
  private static final int LEAST = 4096;

  private final int level;
  private final int size;

  /** Bytes of the beginning, and of the latest text, that are kept. */
  private final int keep;

  private final int window;
  private byte[] bytes = new byte[256];

  /** Where the next character goes. */
  private int at;

  /** Characters that were dropped behind the beginning. */
  private long dropped;

  /** Position where the window of a rotating log begins. */
  private long start;

  /** Greatest length reached, with the terminating zero. */
  private long longest;

  /**
   * @param level bits as in log_level of bpf(2)
   * @param size bytes of the user's buffer, {@link Integer#MAX_VALUE} for no limit
   */
  VerifierLog(int level, int size) {
    this.level = level;
    this.size = size;
    boolean shown = (level & ~FIXED) != 0;
    boolean fixed = (level & FIXED) != 0 && size != Integer.MAX_VALUE;
    keep = shown && fixed ? size : 0;
    window = shown && !fixed ? Math.clamp(size, LEAST, MAX_SIZE) : LEAST;
  }

  /**
   * Whether bpf(2) takes the combination (bpf_verifier_log_attr_valid); no level and no limit stand
   * for no buffer.
   */
  static boolean isValid(int level, int size) {
    return (level & ~ALL_BITS) == 0
        && (size == Integer.MAX_VALUE
            || size >= 0 && size <= MAX_SIZE && (level != 0 || size == 0));
  }

  int level() {
    return level;
  }

  /** Whether states and instructions are shown (level 1 or 2). */
  boolean level1() {
    return (level & (LEVEL1 | LEVEL2)) != 0;
  }

  boolean level2() {
    return (level & LEVEL2) != 0;
  }

  boolean stats() {
    return (level & STATS) != 0;
  }

  /** The position behind the last character. */
  long end() {
    return at + dropped;
  }

  /** Cuts the text back to an earlier position (bpf_vlog_reset). */
  void reset(long position) {
    settle();
    if (position <= keep) {
      at = (int) position;
      dropped = 0;
    } else {
      at = (int) Math.max(keep, position - dropped);
      dropped = position - at;
    }
    start = Math.min(start, position);
  }

  /** Accounts for what was appended since the last reset. */
  private void settle() {
    long end = end();
    if (end == 0 && longest == 0) {
      return;
    }
    longest = Math.max(longest, end + 1);
    if (size != Integer.MAX_VALUE && (level & FIXED) == 0) {
      start = Math.max(start, end + 1 - size);
    }
  }

  VerifierLog add(String text) {
    int length = text.length();
    room(length);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        return raw(text.substring(i).getBytes(StandardCharsets.UTF_8));
      }
      bytes[at++] = (byte) c;
    }
    return this;
  }

  /** Appends what one message may hold at most. */
  VerifierLog addCut(String text) {
    byte[] raw = text.getBytes(StandardCharsets.UTF_8);
    return raw(raw.length <= MESSAGE_MAX ? raw : Arrays.copyOf(raw, MESSAGE_MAX));
  }

  /** Bytes that the text takes at the moment. */
  int footprint() {
    return bytes.length;
  }

  private VerifierLog raw(byte[] raw) {
    room(raw.length);
    System.arraycopy(raw, 0, bytes, at, raw.length);
    at += raw.length;
    return this;
  }

  VerifierLog add(CharSequence text) {
    int length = text.length();
    room(length);
    for (int i = 0; i < length; i++) {
      bytes[at++] = (byte) text.charAt(i);
    }
    return this;
  }

  VerifierLog add(char c) {
    room(1);
    bytes[at++] = (byte) c;
    return this;
  }

  VerifierLog line() {
    return add('\n');
  }

  /** Decimal, signed. */
  VerifierLog num(long value) {
    room(20);
    if (value < 0) {
      bytes[at++] = '-';
    }
    long rest = value < 0 ? value : -value;
    int digits = 1;
    for (long v = rest; v <= -10; v /= 10) {
      digits++;
    }
    for (int i = at + digits - 1; i >= at; i--) {
      bytes[i] = (byte) ('0' - rest % 10);
      rest /= 10;
    }
    at += digits;
    return this;
  }

  /** Decimal, right-aligned in a field of at least the given width. */
  VerifierLog num(int value, int width) {
    room(20 + width);
    int from = at;
    num(value);
    int blanks = width - (at - from);
    if (blanks > 0) {
      System.arraycopy(bytes, from, bytes, from + blanks, at - from);
      Arrays.fill(bytes, from, from + blanks, (byte) ' ');
      at += blanks;
    }
    return this;
  }

  /** Hexadecimal with 0x, as the kernel's {@code %#llx} prints it. */
  VerifierLog hex(long value) {
    room(18);
    bytes[at++] = '0';
    bytes[at++] = 'x';
    int shift = 60 - (Long.numberOfLeadingZeros(value | 1) & ~3);
    for (; shift >= 0; shift -= 4) {
      bytes[at++] = HEX[(int) (value >>> shift) & 15];
    }
    return this;
  }

  /** Signed as register states show it: decimal when it fits 16 bits, else hexadecimal. */
  VerifierLog signed(long value) {
    return value == (short) value ? num(value) : hex(value);
  }

  /** Unsigned as register states show it: decimal when it fits 16 bits, else hexadecimal. */
  VerifierLog unsigned(long value) {
    return (value & ~0xffffL) == 0 ? num(value) : hex(value);
  }

  VerifierLog blanks(int count) {
    room(Math.max(count, 0));
    for (int i = 0; i < count; i++) {
      bytes[at++] = ' ';
    }
    return this;
  }

  private void room(int more) {
    if (more > bytes.length - at) {
      makeRoom(more);
    }
  }

  private void makeRoom(int more) {
    long most = (long) keep + window + Math.max(1 << 16, window >> 3);
    if ((long) at + more > most) {
      int kept = Math.min(window, at - keep);
      int gone = at - keep - kept;
      System.arraycopy(bytes, at - kept, bytes, keep, kept);
      at -= gone;
      dropped += gone;
    }
    long wanted = (long) at + more;
    if (wanted > bytes.length) {
      long room = Math.max(wanted, Math.min(Math.min(most, MAX_SIZE), at * 2L));
      bytes = Arrays.copyOf(bytes, (int) room);
    }
  }

  /** Whether a buffer of the given size could not hold everything: bpf(2) says ENOSPC then. */
  boolean truncated() {
    settle();
    return level != 0 && size != 0 && longest > size;
  }

  /** Bytes that a buffer for everything would need, with the terminating zero (log_true_size). */
  long trueSize() {
    settle();
    return level == 0 ? 0 : longest;
  }

  /** What the user's buffer holds at the end. */
  String text() {
    if (level == 0 || size == 0) {
      return "";
    }
    settle();
    if ((level & FIXED) != 0) {
      return string(0, (int) Math.min(end(), size - 1));
    }
    return string((int) (Math.max(start, dropped) - dropped), at);
  }

  /** The last line of text, whatever the level; "" when nothing was said. */
  String lastLine() {
    int to = at;
    while (to > 0 && bytes[to - 1] == '\n') {
      to--;
    }
    int from = to;
    while (from > 0 && bytes[from - 1] != '\n') {
      from--;
    }
    return string(from, to);
  }

  /** The last lines of text that are not empty, the very last at the end. */
  List<String> lastLines(int most) {
    List<String> lines = new ArrayList<>();
    int to = at;
    while (to > 0 && lines.size() < most) {
      int from = to;
      while (from > 0 && bytes[from - 1] != '\n') {
        from--;
      }
      if (from < to) {
        lines.addFirst(string(from, to));
      }
      to = from - 1;
    }
    return lines;
  }

  private String string(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }
}
