package dev.skep.jit.x64;

import dev.skep.jit.MachineCode;
import dev.skep.rewrite.PokeDescriptor;
import java.util.ArrayList;
import java.util.List;

/**
 * Direct tail calls in the kernel's layout: a jump over the tail call, and one at its end.
 *
 * <p>A callee that goes away is let go in two steps: runs that are on their way to the second jump
 * have torn their frame down already, and must find it.
 */
final class KernelPokeSites implements PokeSites {
  /**
   * A struct bpf_jit_poke_descriptor with its addresses.
   *
   * @param target tailcall_target: the jump to the callee, a nop while there is none
   * @param bypass tailcall_bypass: the jump over the tail call, a nop while there is a callee
   */
  private record Site(PokeDescriptor descriptor, long target, long bypass) {
    /** bypass_addr: the end of the tail call. */
    long end() {
      return target + TextPoker.PATCH_SIZE;
    }
  }

  /** {@link TextPoker#poke}. */
  @FunctionalInterface
  interface Poker {
    int poke(long site, long from, long to);
  }

  private final Poker poker;
  private final List<Site> sites = new ArrayList<>();

  KernelPokeSites(Poker poker, MachineCode code, List<PokeDescriptor> descriptors, long image) {
    this.poker = poker;
    for (MachineCode.PokeSite site : code.pokes()) {
      PokeDescriptor descriptor = descriptors.get(site.poke());
      sites.add(new Site(descriptor, image + site.target(), image + site.bypass()));
    }
  }

  @Override
  public List<PokeDescriptor> descriptors() {
    return sites.stream().map(Site::descriptor).toList();
  }

  @Override
  public boolean waits() {
    return true;
  }

  @Override
  public void update(int map, int key, long old, long now, Runnable gracePeriod) {
    for (Site site : sites) {
      if (site.descriptor.map() == map && site.descriptor.key() == key) {
        update(site, old, now, gracePeriod);
      }
    }
  }

  private void update(Site site, long old, long now, Runnable gracePeriod) {
    if (now != 0) {
      poke(site.target, old, now);
      if (old == 0) {
        poke(site.bypass, site.end(), TextPoker.NOP);
      }
    } else {
      if (poke(site.bypass, TextPoker.NOP, site.end()) == 0) {
        gracePeriod.run();
      }
      poke(site.target, old, TextPoker.NOP);
    }
  }

  /** A failure here means that text and bookkeeping disagree, which nothing can mend. */
  private int poke(long site, long from, long to) {
    int result = poker.poke(site, from, to);
    if (result < 0) {
      throw new IllegalStateException(
          "poke of 0x"
              + Long.toHexString(site)
              + " from 0x"
              + Long.toHexString(from)
              + " to 0x"
              + Long.toHexString(to)
              + ": errno "
              + -result);
    }
    return result;
  }
}
