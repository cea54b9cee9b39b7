package dev.skep.linux.net;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.MalformedException;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.CallNumbers;
import dev.skep.linux.sys.Fd;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.util.ArrayList;
import java.util.List;

/**
 * A socket of family NETLINK_ROUTE: one request, its answers and its acknowledgement at a time.
 *
 * <p>It belongs to the network namespace of the thread that opened it.
 */
public final class Netlink implements AutoCloseable {
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_CAP_ACK = 10;
  private static final int NETLINK_EXT_ACK = 11;
  private static final int MSG_TRUNC = 0x20;
  private static final int RECEIVE_BYTES = 1 << 17;

  /** NLM_F_DUMP_INTR. */
  private static final int DUMP_INTERRUPTED = 0x10;

  /** A dump that keeps changing is taken as it is after so many. */
  private static final int DUMP_ATTEMPTS = 10;

  private final Syscalls syscalls;
  private final Fd fd;
  private int sequence;

  private Netlink(Syscalls syscalls, Fd fd) {
    this.syscalls = syscalls;
    this.fd = fd;
  }

  /** Opens a socket in this thread's network namespace. */
  public static Netlink open(Syscalls syscalls) {
    long fd = syscalls.syscall(CallNumbers.SOCKET, AF_NETLINK, SOCK_RAW_CLOEXEC, 0);
    if (fd < 0) {
      throw new BpfErrnoException((int) -fd, "netlink socket");
    }
    Netlink netlink = new Netlink(syscalls, new Fd(syscalls, (int) fd));
    // Both only make errors readable and short; kernels before 4.12 lack the second.
    netlink.switchOn(NETLINK_CAP_ACK);
    netlink.switchOn(NETLINK_EXT_ACK);
    return netlink;
  }

  private void switchOn(int option) {
    long one = Memory.allocate(4);
    try {
      Memory.putInt(one, 1);
      syscalls.syscall(CallNumbers.SETSOCKOPT, fd.number(), SOL_NETLINK, option, one, 4);
    } finally {
      Memory.free(one);
    }
  }

  /**
   * Sends a request and reads all that belongs to it: until its acknowledgement, or the end of its
   * dump.
   *
   * @param request with {@link NetlinkRequest#ACK} or {@link NetlinkRequest#DUMP}
   * @param what names the operation in the error
   * @return the messages other than the acknowledgement
   * @throws NetlinkException with the errno and the kernel's own words
   */
  public synchronized List<NetlinkMessage> call(NetlinkRequest request, String what)
      throws NetlinkException {
    List<NetlinkMessage> answers = new ArrayList<>();
    for (int i = 0; i < DUMP_ATTEMPTS; i++) {
      answers.clear();
      if (ask(request, what, answers)) {
        break;
      }
    }
    return answers;
  }

  /** One request; false if what was dumped changed meanwhile. */
  private boolean ask(NetlinkRequest request, String what, List<NetlinkMessage> answers)
      throws NetlinkException {
    int mine = ++sequence;
    send(request.bytes(mine), what);
    boolean whole = true;
    while (true) {
      for (NetlinkMessage message : NetlinkMessage.parse(receive(what))) {
        if (message.sequence() != mine || message.type() == NetlinkMessage.NOOP) {
          continue; // the rest of a request that failed half way
        }
        whole &= (message.flags() & DUMP_INTERRUPTED) == 0 || !request.isDump();
        if (message.type() == NetlinkMessage.ERROR || message.type() == NetlinkMessage.DONE) {
          if (message.errno() != 0) {
            throw new NetlinkException(message.errno(), what, message.explanation());
          }
          return whole;
        }
        answers.add(message);
      }
    }
  }

  private void send(byte[] bytes, String what) {
    long buffer = Memory.allocate(bytes.length);
    try {
      Memory.copy(bytes, 0, buffer, bytes.length);
      long sent;
      do {
        // Without an address the message goes to the kernel.
        sent = syscalls.syscall(CallNumbers.SENDTO, fd.number(), buffer, bytes.length, 0, 0, 0);
      } while (sent == -Errno.EINTR);
      if (sent < 0) {
        throw new BpfErrnoException((int) -sent, what);
      }
    } finally {
      Memory.free(buffer);
    }
  }

  private byte[] receive(String what) {
    long buffer = Memory.allocate(RECEIVE_BYTES);
    try {
      long length;
      do {
        length =
            syscalls.syscall(
                CallNumbers.RECVFROM, fd.number(), buffer, RECEIVE_BYTES, MSG_TRUNC, 0, 0);
      } while (length == -Errno.EINTR);
      if (length < 0) {
        throw new BpfErrnoException((int) -length, what);
      }
      if (length == 0 || length > RECEIVE_BYTES) {
        throw new MalformedException("netlink: answer of " + length + " bytes");
      }
      return Attr.read(buffer, (int) length);
    } finally {
      Memory.free(buffer);
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
