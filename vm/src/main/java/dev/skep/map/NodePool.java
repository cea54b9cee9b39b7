package dev.skep.map;

import dev.skep.machine.AddressSpace;
import dev.skep.natives.Memory;
import java.util.ArrayList;
import java.util.List;

/** Blocks of one size, in chunks that are given back together. */
final class NodePool {
  private static final int CHUNK_BYTES = 1 << 16;

  private final AddressSpace space;
  private final long size;
  private final long chunkBytes;
  private final List<Long> chunks = new ArrayList<>();

  /** The first free block; each holds the address of the next. */
  private long free;

  NodePool(AddressSpace space, long bytes) {
    this.space = space;
    size = VmMap.round8(bytes);
    chunkBytes = Math.max(size, CHUNK_BYTES / size * size);
  }

  /** A block with any contents. */
  synchronized long take() {
    if (free == 0) {
      long chunk = Memory.allocate(chunkBytes);
      space.add(chunk, chunkBytes);
      chunks.add(chunk);
      for (long at = chunkBytes - size; at >= 0; at -= size) {
        give(chunk + at);
      }
    }
    long block = free;
    free = Memory.getLong(block);
    return block;
  }

  synchronized void give(long block) {
    Memory.putLong(block, free);
    free = block;
  }

  /** Frees all memory; nobody looks any more. */
  synchronized void free() {
    for (long chunk : chunks) {
      space.remove(chunk);
      Memory.free(chunk);
    }
    chunks.clear();
    free = 0;
  }
}
