package dev.skep.verify;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The verifier's log (struct bpf_verifier_log): a growing text that can be cut back to an earlier
 * position, because at level 1 only the path that failed stays.
 *
 * <p>Text is appended at every level, so that the reason of a rejection is always known; what
 * belongs to a level is guarded by the caller with {@link #level1()} and {@link #level2()}. {@link
 * #text()} is empty at level 0, and what a user's buffer of the given size would hold else.
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

  private final int level;
  private final int size;
  private byte[] bytes = new byte[256];
  private int end;

  /** Where the window of a rotating log begins. */
  private int start;

  /** Greatest length reached, with the terminating zero. */
  private int longest;

  /**
   * @param level bits as in log_level of bpf(2)
   * @param size bytes of the user's buffer, {@link Integer#MAX_VALUE} for no limit
   */
  VerifierLog(int level, int size) {
    this.level = level;
    this.size = size;
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
  int end() {
    return end;
  }

  /** Cuts the text back to an earlier position (bpf_vlog_reset). */
  void reset(int position) {
    settle();
    end = position;
    start = Math.min(start, end);
  }

  /** Accounts for what was appended since the last reset. */
  private void settle() {
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
      bytes[end++] = (byte) c;
    }
    return this;
  }

  /** Appends what one message may hold at most. */
  VerifierLog addCut(String text) {
    byte[] raw = text.getBytes(StandardCharsets.UTF_8);
    return raw(raw.length <= MESSAGE_MAX ? raw : Arrays.copyOf(raw, MESSAGE_MAX));
  }

  private VerifierLog raw(byte[] raw) {
    room(raw.length);
    System.arraycopy(raw, 0, bytes, end, raw.length);
    end += raw.length;
    return this;
  }

  VerifierLog add(CharSequence text) {
    int length = text.length();
    room(length);
    for (int i = 0; i < length; i++) {
      bytes[end++] = (byte) text.charAt(i);
    }
    return this;
  }

  VerifierLog add(char c) {
    room(1);
    bytes[end++] = (byte) c;
    return this;
  }

  VerifierLog line() {
    return add('\n');
  }

  /** Decimal, signed. */
  VerifierLog num(long value) {
    room(20);
    if (value < 0) {
      bytes[end++] = '-';
    }
    long rest = value < 0 ? value : -value;
    int digits = 1;
    for (long v = rest; v <= -10; v /= 10) {
      digits++;
    }
    for (int i = end + digits - 1; i >= end; i--) {
      bytes[i] = (byte) ('0' - rest % 10);
      rest /= 10;
    }
    end += digits;
    return this;
  }

  /** Decimal, right-aligned in a field of at least the given width. */
  VerifierLog num(int value, int width) {
    int from = end;
    num(value);
    int blanks = width - (end - from);
    if (blanks > 0) {
      room(blanks);
      System.arraycopy(bytes, from, bytes, from + blanks, end - from);
      Arrays.fill(bytes, from, from + blanks, (byte) ' ');
      end += blanks;
    }
    return this;
  }

  /** Hexadecimal with 0x, as the kernel's {@code %#llx} prints it. */
  VerifierLog hex(long value) {
    room(18);
    bytes[end++] = '0';
    bytes[end++] = 'x';
    int shift = 60 - (Long.numberOfLeadingZeros(value | 1) & ~3);
    for (; shift >= 0; shift -= 4) {
      bytes[end++] = HEX[(int) (value >>> shift) & 15];
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
      bytes[end++] = ' ';
    }
    return this;
  }

  private void room(int more) {
    if (more > bytes.length - end) {
      bytes = Arrays.copyOf(bytes, Math.max(end + more, (int) Math.min(1L << 30, end * 2L)));
    }
  }

  /** Whether a buffer of the given size could not hold everything: bpf(2) says ENOSPC then. */
  boolean truncated() {
    settle();
    return level != 0 && size != 0 && longest > size;
  }

  /** Bytes that a buffer for everything would need, with the terminating zero (log_true_size). */
  int trueSize() {
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
      return string(0, Math.min(end, size - 1));
    }
    return string(start, end);
  }

  /** The last line of text, whatever the level; "" when nothing was said. */
  String lastLine() {
    int to = end;
    while (to > 0 && bytes[to - 1] == '\n') {
      to--;
    }
    int from = to;
    while (from > 0 && bytes[from - 1] != '\n') {
      from--;
    }
    return string(from, to);
  }

  private String string(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }
}
