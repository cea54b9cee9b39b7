package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.engine.LoadedProgram;
import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Syscalls;
import dev.skep.program.AttachType;

/**
 * The chain of sched_cls programs of a netkit pair, since Linux 6.7: on the device itself, which is
 * the primary one, or on its peer. Programs run in order until one does not return NETKIT_NEXT
 * (-1).
 *
 * @param device the primary device
 * @param peer whether what the peer sends is meant
 * @param anchor where in the chain; the end if nothing else is said
 */
public record Netkit(NetDevice device, boolean peer, Anchor anchor) implements KernelAttachPoint {
  public static Netkit primary(String device) {
    return new Netkit(NetDevice.named(device), false, Anchor.LAST);
  }

  public static Netkit peer(String device) {
    return new Netkit(NetDevice.named(device), true, Anchor.LAST);
  }

  private Netkit at(Anchor place) {
    return new Netkit(device, peer, place);
  }

  /** In front of all that are there. */
  public Netkit first() {
    return at(Anchor.first());
  }

  public Netkit before(Link link) {
    return at(Anchor.before(link));
  }

  public Netkit after(Link link) {
    return at(Anchor.after(link));
  }

  public Netkit before(LoadedProgram program) {
    return at(Anchor.before(program));
  }

  public Netkit after(LoadedProgram program) {
    return at(Anchor.after(program));
  }

  /** In front of the program of that id. */
  public Netkit beforeProgram(int id) {
    return at(Anchor.beforeProgram(id));
  }

  /** Behind the program of that id. */
  public Netkit afterProgram(int id) {
    return at(Anchor.afterProgram(id));
  }

  /** In front of the link of that id. */
  public Netkit beforeLink(int id) {
    return at(Anchor.beforeLink(id));
  }

  /** Behind the link of that id. */
  public Netkit afterLink(int id) {
    return at(Anchor.afterLink(id));
  }

  /** Only if the chain still has that revision: otherwise the kernel says ESTALE. */
  public Netkit ifRevision(long revision) {
    return at(anchor.at(revision));
  }

  /** What is in the chain now. */
  public Chain query() {
    Bpf bpf = new Bpf(Syscalls.host());
    String what = "query of " + describe();
    return Chains.query(bpf, device.resolve(bpf.syscalls(), what), type(), what);
  }

  private AttachType type() {
    return peer ? AttachType.NETKIT_PEER : AttachType.NETKIT_PRIMARY;
  }

  Link attach(Attachee program) {
    int index = device.resolve(program.syscalls(), program.what(this));
    return program.link(this, index, type(), anchor.flags(), anchor::put);
  }

  @Override
  public String describe() {
    return (peer ? "netkit peer of " : "netkit primary ") + device.describe();
  }
}
