package dev.skep.jit.x64;

import dev.skep.rewrite.PokeDescriptor;
import java.util.List;

/**
 * The direct tail calls of one loaded program, and how they follow the slots that they name (the
 * poke_tab of struct bpf_prog_aux). Whoever speaks for a program array holds its lock (the kernel's
 * poke_mutex) from the first {@link #update} on.
 */
public interface PokeSites {
  /** Of a program that has none. */
  PokeSites NONE =
      new PokeSites() {
        @Override
        public List<PokeDescriptor> descriptors() {
          return List.of();
        }

        @Override
        public boolean waits() {
          return false;
        }

        @Override
        public void update(int map, int key, long old, long now, Runnable gracePeriod) {}
      };

  /** What they follow. */
  List<PokeDescriptor> descriptors();

  /** Indexes of the program's maps whose slots matter, ascending, each once. */
  default int[] maps() {
    return descriptors().stream().mapToInt(PokeDescriptor::map).sorted().distinct().toArray();
  }

  /** The slots of a map that matter, ascending, each once. */
  default int[] keys(int map) {
    return descriptors().stream()
        .filter(descriptor -> descriptor.map() == map)
        .mapToInt(PokeDescriptor::key)
        .sorted()
        .distinct()
        .toArray();
  }

  /** Whether the end of a callee takes a grace period. */
  boolean waits();

  /**
   * Follows a change of a slot (bpf_arch_poke_desc_update for each descriptor of it), or, with
   * nothing before, what is in it at first (bpf_tail_call_direct_fixup).
   *
   * @param map index into the program's maps
   * @param old tail call entry of the program that was there, 0 for none
   * @param now tail call entry of the program that is there, 0 for none
   * @param gracePeriod waits until every run of now has ended
   * @throws IllegalStateException if the code is not what it must be
   */
  void update(int map, int key, long old, long now, Runnable gracePeriod);
}
