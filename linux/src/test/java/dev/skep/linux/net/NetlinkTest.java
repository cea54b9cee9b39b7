package dev.skep.linux.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.MalformedException;
import dev.skep.linux.sys.CallNumbers;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

/** Requests and their answers, from a kernel that says what it is told to. */
class NetlinkTest {
  private static final int DONE = 3;
  private static final int LINK = 16;
  private static final int MULTI = 2;
  private static final int INTERRUPTED = 0x10;

  private final Deque<byte[]> answers = new ArrayDeque<>();
  private int requests;
  private int sequence;

  private final Syscalls kernel =
      (number, arguments) -> {
        if (number == CallNumbers.SENDTO) {
          requests++;
          sequence = Memory.getInt(arguments[1] + 8);
          return arguments[2];
        }
        if (number == CallNumbers.RECVFROM) {
          return receive(arguments[1]);
        }
        return number == CallNumbers.SOCKET ? 9 : 0;
      };

  private long receive(long buffer) {
    byte[] next = answers.removeFirst();
    if (next.length == 4) {
      return ByteBuffer.wrap(next).getInt();
    }
    Memory.copy(next, 0, buffer, next.length);
    // A sequence of -1 stands for that of the request.
    for (int at = 0; at < next.length; at += Memory.getInt(buffer + at)) {
      if (Memory.getInt(buffer + at + 8) == -1) {
        Memory.putInt(buffer + at + 8, sequence);
      }
    }
    return next.length;
  }

  private void result(int value) {
    answers.add(ByteBuffer.allocate(4).putInt(value).array());
  }

  private void answer(int type, int flags, int number, int payload) {
    ByteBuffer out = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder());
    out.putInt(20).putShort((short) type).putShort((short) flags).putInt(number).putInt(0);
    answers.add(out.putInt(payload).array());
  }

  private java.util.List<NetlinkMessage> dump() throws NetlinkException {
    try (Netlink netlink = Netlink.open(kernel)) {
      return netlink.call(new NetlinkRequest(18, NetlinkRequest.DUMP), "devices");
    }
  }

  @Test
  void othersAnswersAreLeftAside() throws NetlinkException {
    answer(LINK, MULTI, 77, 1);
    answer(LINK, MULTI, -1, 2);
    result(-Errno.EINTR);
    answer(LINK, MULTI, -1, 3);
    answer(DONE, MULTI, -1, 0);
    assertThat(dump()).extracting(message -> message.u32(0)).containsExactly(2, 3);
    assertThat(requests).isEqualTo(1);
  }

  @Test
  void changedDumpsAreAskedAgain() throws NetlinkException {
    answer(LINK, MULTI, -1, 1);
    answer(DONE, MULTI | INTERRUPTED, -1, 0);
    answer(LINK, MULTI, -1, 2);
    answer(DONE, MULTI, -1, 0);
    assertThat(dump()).extracting(message -> message.u32(0)).containsExactly(2);
    assertThat(requests).isEqualTo(2);
  }

  @Test
  void dumpsThatNeverSettleEnd() throws NetlinkException {
    for (int i = 0; i < 10; i++) {
      answer(DONE, MULTI | INTERRUPTED, -1, 0);
    }
    assertThat(dump()).isEmpty();
    assertThat(requests).isEqualTo(10);
  }

  @Test
  void failuresOfTheSocket() {
    result(-Errno.ENOBUFS);
    assertThatThrownBy(this::dump)
        .isInstanceOf(BpfErrnoException.class)
        .hasMessage("devices: ENOBUFS");
    result(1 << 20);
    assertThatThrownBy(this::dump)
        .isInstanceOf(MalformedException.class)
        .hasMessage("netlink: answer of 1048576 bytes");
    result(0);
    assertThatThrownBy(this::dump).isInstanceOf(MalformedException.class);
    answer(DONE, MULTI, -1, -Errno.EPERM);
    assertThatThrownBy(this::dump)
        .isInstanceOfSatisfying(
            NetlinkException.class, refused -> assertThat(refused.errno()).isEqualTo(Errno.EPERM));
  }
}
