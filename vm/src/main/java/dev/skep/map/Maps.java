package dev.skep.map;

/** Placeholder of the skeleton. */
public final class Maps {
  private Maps() {}
}
