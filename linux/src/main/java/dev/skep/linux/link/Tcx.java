package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.engine.LoadedProgram;
import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Syscalls;
import dev.skep.program.AttachType;

/**
 * The chain of sched_cls programs at a device's ingress or egress: tcx, since Linux 6.6. Programs
 * run in order until one does not return TCX_NEXT (-1).
 *
 * @param anchor where in the chain; the end if nothing else is said
 */
public record Tcx(NetDevice device, boolean egress, Anchor anchor) implements KernelAttachPoint {
  public static Tcx ingress(String device) {
    return new Tcx(NetDevice.named(device), false, Anchor.LAST);
  }

  public static Tcx egress(String device) {
    return new Tcx(NetDevice.named(device), true, Anchor.LAST);
  }

  private Tcx at(Anchor place) {
    return new Tcx(device, egress, place);
  }

  /** In front of all that are there. */
  public Tcx first() {
    return at(Anchor.first());
  }

  public Tcx before(Link link) {
    return at(Anchor.before(link));
  }

  public Tcx after(Link link) {
    return at(Anchor.after(link));
  }

  public Tcx before(LoadedProgram program) {
    return at(Anchor.before(program));
  }

  public Tcx after(LoadedProgram program) {
    return at(Anchor.after(program));
  }

  /** In front of the program of that id. */
  public Tcx beforeProgram(int id) {
    return at(Anchor.beforeProgram(id));
  }

  /** Behind the program of that id. */
  public Tcx afterProgram(int id) {
    return at(Anchor.afterProgram(id));
  }

  /** In front of the link of that id. */
  public Tcx beforeLink(int id) {
    return at(Anchor.beforeLink(id));
  }

  /** Behind the link of that id. */
  public Tcx afterLink(int id) {
    return at(Anchor.afterLink(id));
  }

  /** Only if the chain still has that revision: otherwise the kernel says ESTALE. */
  public Tcx ifRevision(long revision) {
    return at(anchor.at(revision));
  }

  /** What is in the chain now. */
  public Chain query() {
    Bpf bpf = new Bpf(Syscalls.host());
    String what = "query of " + describe();
    return Chains.query(bpf, device.resolve(bpf.syscalls(), what), type(), what);
  }

  private AttachType type() {
    return egress ? AttachType.TCX_EGRESS : AttachType.TCX_INGRESS;
  }

  Link attach(Attachee program) {
    int index = device.resolve(program.syscalls(), program.what(this));
    return program.link(this, index, type(), anchor.flags(), anchor::put);
  }

  @Override
  public String describe() {
    return (egress ? "tcx egress of " : "tcx ingress of ") + device.describe();
  }
}
