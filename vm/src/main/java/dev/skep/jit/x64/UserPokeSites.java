package dev.skep.jit.x64;

import dev.skep.jit.MachineCode;
import dev.skep.natives.CodeSpace;
import dev.skep.rewrite.PokeDescriptor;
import java.util.ArrayList;
import java.util.List;

/**
 * Direct tail calls of the userspace layout: one jump, to the callee or to the miss behind it. Its
 * displacement is four aligned bytes, so that other cores see the old or the new one, whole; there
 * is nothing to be torn down before the jump, so that it may change at any time. This is how the
 * JVM patches its own calls.
 */
final class UserPokeSites implements PokeSites {
  private static final int JUMP_BYTES = 5;

  /**
   * @param displacement address of the jump's displacement
   * @param miss where the jump leads while the slot is empty
   */
  private record Site(PokeDescriptor descriptor, long displacement, long miss) {
    int to(long entry) {
      long distance = (entry == 0 ? miss : entry) - (displacement + Integer.BYTES);
      if (distance != (int) distance) {
        throw new IllegalStateException("0x" + Long.toHexString(entry) + " is out of reach");
      }
      return (int) distance;
    }
  }

  private final CodeSpace space;
  private final List<Site> sites = new ArrayList<>();

  UserPokeSites(CodeSpace space, MachineCode code, List<PokeDescriptor> descriptors, long image) {
    this.space = space;
    for (MachineCode.PokeSite site : code.pokes()) {
      PokeDescriptor descriptor = descriptors.get(site.poke());
      long displacement = image + site.target() + JUMP_BYTES - Integer.BYTES;
      sites.add(new Site(descriptor, displacement, image + site.bypass()));
    }
  }

  @Override
  public List<PokeDescriptor> descriptors() {
    return sites.stream().map(Site::descriptor).toList();
  }

  @Override
  public boolean waits() {
    return false;
  }

  /** When it returns, no core takes the old way any more. */
  @Override
  public void update(int map, int key, long old, long now, Runnable gracePeriod) {
    for (Site site : sites) {
      if (site.descriptor.map() == map && site.descriptor.key() == key) {
        int before = space.replaceInt(site.displacement, site.to(now));
        if (before != site.to(old)) {
          throw new IllegalStateException(
              "jump before 0x" + Long.toHexString(site.miss) + " led elsewhere");
        }
      }
    }
    CodeSpace.synchronizeCores();
  }
}
