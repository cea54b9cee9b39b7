package dev.skep.jit.x64;

/** What a loop over inputs does for each; the blocks are those of {@link BatchLayout}. */
public enum BatchKind {
  /** Runs with one context, count times. */
  REPEAT,
  /** Runs with the context of each item. */
  CONTEXTS,
  /** Points one xdp_buff to each item's packet. */
  XDP
}
