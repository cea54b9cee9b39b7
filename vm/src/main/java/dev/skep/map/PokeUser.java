package dev.skep.map;

import org.jspecify.annotations.Nullable;

/**
 * One program's direct tail calls into one program array: the sites whose jumps follow its slots.
 * {@link ProgArrayMap#track} makes it stable; until then it hears of no change.
 */
public interface PokeUser {
  /** The slots that the sites jump to: ascending, each once, all below max_entries; not changed. */
  int[] keys();

  /**
   * Whether {@link #poke} waits for a grace period when it makes a site empty: such a removal is
   * refused inside a run, which would wait for itself.
   */
  boolean waits();

  /**
   * Makes the sites of a slot follow it (the architecture's part of bpf_arch_poke_desc_update).
   * Called under the array's lock, after the slot and its cached target have changed, and before
   * {@code old} is let go.
   *
   * @param old what the sites jump to, null where they fall through
   * @param now what they are to jump to, null to fall through; not both are null
   */
  void poke(int key, @Nullable MapProgram old, @Nullable MapProgram now);
}
