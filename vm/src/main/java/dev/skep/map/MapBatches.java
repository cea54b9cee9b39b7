package dev.skep.map;

import dev.skep.program.MapType;

/** Which maps have which batch commands. */
final class MapBatches {
  private MapBatches() {}

  /** Whether positions are buckets, and lookup_and_delete exists. */
  static boolean isHash(MapType type) {
    return switch (type) {
      case HASH, LRU_HASH, PERCPU_HASH, LRU_PERCPU_HASH, HASH_OF_MAPS -> true;
      default -> false;
    };
  }

  /** Whether lookup_batch and update_batch exist. */
  static boolean looksUp(MapType type) {
    return switch (type) {
      case ARRAY, PERCPU_ARRAY, ARRAY_OF_MAPS, LPM_TRIE -> true;
      default -> isHash(type);
    };
  }

  /** Whether delete_batch exists. */
  static boolean deletes(MapType type) {
    return type == MapType.LPM_TRIE || isHash(type);
  }
}
