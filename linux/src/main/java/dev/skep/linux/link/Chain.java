package dev.skep.linux.link;

import java.util.List;

/**
 * The programs of a place that runs several, in the order in which they run (BPF_PROG_QUERY).
 *
 * @param revision counts the changes of the chain, 0 where the kernel does not count
 */
public record Chain(List<Member> members, long revision) {
  /**
   * One program of a chain.
   *
   * @param linkId the number of its link, 0 where it has none or the kernel does not say
   */
  public record Member(int programId, int linkId) {}
}
