package dev.skep.engine;

import org.jspecify.annotations.Nullable;

/**
 * What a batch command did (BPF_MAP_LOOKUP_BATCH and its kin).
 *
 * @param errno 0, or why it stopped before the wanted number of elements: ENOENT at the end of the
 *     map for lookups, the error of the element that failed for updates and deletes
 * @param count elements done
 * @param keys the keys that a lookup gave, one behind the other; empty for updates and deletes
 * @param values their values in user form, {@link BpfMap#userValueSize} bytes each
 * @param next where the next lookup goes on (out_batch), or null where there is no such place
 */
public record MapBatch(int errno, int count, byte[] keys, byte[] values, byte @Nullable [] next) {
  private static final byte[] NONE = {};

  /** The result of an update or delete. */
  public static MapBatch done(int errno, int count) {
    return new MapBatch(errno, count, NONE, NONE, null);
  }
}
