package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.LinkLayout;

/**
 * Where in a chain of programs a new one goes (bpf_mprog), and which state of the chain is meant.
 *
 * @param flags BPF_F_BEFORE, BPF_F_AFTER, BPF_F_ID, BPF_F_LINK
 * @param relative descriptor or id of the program or link next to it, 0 for none
 * @param revision that the chain must have, or 0 for any
 */
public record Anchor(int flags, int relative, long revision) {
  private static final int BEFORE = 1 << 3;
  private static final int AFTER = 1 << 4;
  private static final int ID = 1 << 5;
  private static final int LINK = 1 << 13;

  /** At the end. */
  static final Anchor LAST = new Anchor(0, 0, 0);

  static Anchor first() {
    return new Anchor(BEFORE, 0, 0);
  }

  static Anchor before(Link link) {
    return new Anchor(BEFORE | LINK, fdOf(link), 0);
  }

  static Anchor after(Link link) {
    return new Anchor(AFTER | LINK, fdOf(link), 0);
  }

  static Anchor before(LoadedProgram program) {
    return new Anchor(BEFORE, Attachee.fdOf(program), 0);
  }

  static Anchor after(LoadedProgram program) {
    return new Anchor(AFTER, Attachee.fdOf(program), 0);
  }

  static Anchor beforeProgram(int id) {
    return new Anchor(BEFORE | ID, id, 0);
  }

  static Anchor afterProgram(int id) {
    return new Anchor(AFTER | ID, id, 0);
  }

  static Anchor beforeLink(int id) {
    return new Anchor(BEFORE | ID | LINK, id, 0);
  }

  static Anchor afterLink(int id) {
    return new Anchor(AFTER | ID | LINK, id, 0);
  }

  Anchor at(long expectedRevision) {
    return new Anchor(flags, relative, expectedRevision);
  }

  void put(Attr attr) {
    attr.putInt(LinkLayout.Create.RELATIVE, relative);
    attr.putLong(LinkLayout.Create.EXPECTED_REVISION, revision);
  }

  private static int fdOf(Link link) {
    if (link instanceof KernelHandle handle) {
      return handle.fd();
    }
    throw new UnsupportedException(link + " is no link of the kernel's own");
  }
}
