package dev.skep.linux.link;

import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.program.AttachType;
import java.util.ArrayList;
import java.util.List;

/** BPF_PROG_QUERY as a {@link Chain}. */
final class Chains {
  private Chains() {}

  /**
   * @param target descriptor, or number of a device
   */
  static Chain query(Bpf bpf, int target, AttachType type, String what) {
    LinkCommands.Attached attached = new LinkCommands(bpf).query(target, type.number(), what);
    List<Chain.Member> members = new ArrayList<>();
    for (int i = 0; i < attached.programs().length; i++) {
      int link = i < attached.links().length ? attached.links()[i] : 0;
      members.add(new Chain.Member(attached.programs()[i], link));
    }
    return new Chain(List.copyOf(members), attached.revision());
  }
}
