package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;
import static dev.skep.rewrite.KernelFunction.*;

import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.HtabElemLayout;
import dev.skep.program.layout.XskMapLayout;
import org.jspecify.annotations.Nullable;

/**
 * Map helpers whose one map is known: lookups inline (map_gen_lookup of the map's operations), the
 * rest as direct calls of the operation.
 */
final class MapCalls {
  static final int LOOKUP = 1;
  static final int UPDATE = 2;
  static final int DELETE = 3;
  static final int REDIRECT = 51;
  static final int PUSH = 87;
  static final int POP = 88;
  static final int PEEK = 89;
  static final int FOR_EACH = 164;
  static final int LOOKUP_PERCPU = 195;

  private static final int INNER_MAP = 1 << 12;

  private MapCalls() {}

  static boolean applies(int helper) {
    return switch (helper) {
      case LOOKUP, UPDATE, DELETE, REDIRECT, PUSH, POP, PEEK, FOR_EACH, LOOKUP_PERCPU -> true;
      default -> false;
    };
  }

  /**
   * @param mask whether indexes are masked against speculation (the map's creator lacked
   *     CAP_PERFMON)
   * @return false if the helper itself is called
   */
  static boolean emit(Patch patch, int helper, MapSpec map, boolean mask) {
    if (helper == LOOKUP && inlineLookup(patch, map, mask)) {
      return true;
    }
    KernelFunction function = operation(helper, map.type());
    if (function == null) {
      return false;
    }
    patch.emit(Words.call(function));
    return true;
  }

  private static boolean inlineLookup(Patch patch, MapSpec map, boolean mask) {
    switch (map.type()) {
      case HASH -> {
        patch.emit(Words.call(HTAB_MAP_LOOKUP));
        patch.emit(Words.jumpImm(JEQ, 0, 0, 1));
        patch.emit(Words.aluImm(ADD, 0, hashValue(map)));
      }
      case LRU_HASH -> lruHash(patch, map);
      case PERCPU_HASH -> {
        patch.emit(Words.call(HTAB_MAP_LOOKUP));
        patch.emit(Words.jumpImm(JEQ, 0, 0, 3));
        patch.emit(Words.aluImm(ADD, 0, hashValue(map)));
        patch.emit(Words.load(DW, 0, 0, 0));
        patch.emit(Words.movPerCpu(0, 0));
      }
      case HASH_OF_MAPS -> {
        patch.emit(Words.call(HTAB_MAP_LOOKUP));
        patch.emit(Words.jumpImm(JEQ, 0, 0, 2));
        patch.emit(Words.aluImm(ADD, 0, hashValue(map)));
        patch.emit(Words.load(DW, 0, 0, 0));
      }
      case ARRAY -> {
        if ((map.flags() & INNER_MAP) != 0) {
          return false;
        }
        array(patch, map, mask);
      }
      case PERCPU_ARRAY -> perCpuArray(patch, map, mask);
      case ARRAY_OF_MAPS -> arrayOfMaps(patch, map, mask);
      case XSKMAP -> xskMap(patch, map);
      default -> {
        return false;
      }
    }
    return true;
  }

  private static int hashValue(MapSpec map) {
    return HtabElemLayout.KEY + (map.keySize() + 7 & -8);
  }

  /** r0 is the element: marks it as used, without writing when it is marked already. */
  private static void lruHash(Patch patch, MapSpec map) {
    patch.emit(Words.call(HTAB_MAP_LOOKUP));
    patch.emit(Words.jumpImm(JEQ, 0, 0, 4));
    patch.emit(Words.load(B, 1, 0, HtabElemLayout.LRU_NODE_REF));
    patch.emit(Words.jumpImm(JNE, 1, 0, 1));
    patch.emit(Words.storeImm(B, 0, HtabElemLayout.LRU_NODE_REF, 1));
    patch.emit(Words.aluImm(ADD, 0, hashValue(map)));
  }

  private static void array(Patch patch, MapSpec map, boolean mask) {
    int element = map.valueSize() + 7 & -8;
    patch.emit(Words.aluImm(ADD, 1, BpfArrayLayout.VALUE));
    index(patch, map, mask, 3);
    if (Integer.bitCount(element) == 1) {
      patch.emit(Words.aluImm(LSH, 0, Integer.numberOfTrailingZeros(element)));
    } else {
      patch.emit(Words.aluImm(MUL, 0, element));
    }
    patch.emit(Words.aluReg(ADD, 0, 1));
    orNull(patch);
  }

  private static void perCpuArray(Patch patch, MapSpec map, boolean mask) {
    patch.emit(Words.aluImm(ADD, 1, BpfArrayLayout.PPTRS));
    index(patch, map, mask, 5);
    slot(patch);
    patch.emit(Words.movPerCpu(0, 0));
    orNull(patch);
  }

  private static void arrayOfMaps(Patch patch, MapSpec map, boolean mask) {
    patch.emit(Words.aluImm(ADD, 1, BpfArrayLayout.PTRS));
    index(patch, map, mask, 5);
    slot(patch);
    patch.emit(Words.jumpImm(JEQ, 0, 0, 1));
    orNull(patch);
  }

  private static void xskMap(Patch patch, MapSpec map) {
    index(patch, map, false, 5);
    patch.emit(Words.aluImm(LSH, 0, 3));
    patch.emit(Words.aluImm(ADD, 1, XskMapLayout.XSK_MAP));
    patch.emit(Words.aluReg(ADD, 0, 1));
    patch.emit(Words.load(DW, 0, 0, 0));
    orNull(patch);
  }

  /** r0 = index, jumping over {@code skip} instructions and the goto when it is too large. */
  private static void index(Patch patch, MapSpec map, boolean mask, int skip) {
    patch.emit(Words.load(W, 0, 2, 0));
    patch.emit(Words.jumpImm(JGE, 0, map.maxEntries(), mask ? skip + 1 : skip));
    if (mask) {
      patch.emit(Words.alu32Imm(AND, 0, indexMask(map)));
    }
  }

  /** The next power of two of max_entries, minus 1. */
  static int indexMask(MapSpec map) {
    int entries = map.maxEntries();
    return entries <= 1 ? 0 : -1 >>> Integer.numberOfLeadingZeros(entries - 1);
  }

  private static void slot(Patch patch) {
    patch.emit(Words.aluImm(LSH, 0, 3));
    patch.emit(Words.aluReg(ADD, 0, 1));
    patch.emit(Words.load(DW, 0, 0, 0));
  }

  private static void orNull(Patch patch) {
    patch.emit(Words.jump(1));
    patch.emit(Words.movImm(0, 0));
  }

  private static @Nullable KernelFunction operation(int helper, MapType type) {
    return switch (helper) {
      case LOOKUP -> lookup(type);
      case UPDATE -> update(type);
      case DELETE -> delete(type);
      case REDIRECT -> redirect(type);
      case PUSH, POP, PEEK -> queue(helper, type);
      case FOR_EACH ->
          switch (type) {
            case ARRAY, PERCPU_ARRAY -> FOR_EACH_ARRAY_ELEM;
            case HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH -> FOR_EACH_HASH_ELEM;
            default -> null;
          };
      case LOOKUP_PERCPU ->
          switch (type) {
            case PERCPU_ARRAY -> PERCPU_ARRAY_MAP_LOOKUP_PERCPU;
            case PERCPU_HASH -> HTAB_PERCPU_MAP_LOOKUP_PERCPU;
            case LRU_PERCPU_HASH -> HTAB_LRU_PERCPU_MAP_LOOKUP_PERCPU;
            default -> null;
          };
      default -> null;
    };
  }

  private static @Nullable KernelFunction lookup(MapType type) {
    return switch (type) {
      case ARRAY -> ARRAY_MAP_LOOKUP;
      case LRU_PERCPU_HASH -> HTAB_LRU_PERCPU_MAP_LOOKUP;
      case LPM_TRIE -> TRIE_LOOKUP;
      case DEVMAP -> DEV_MAP_LOOKUP;
      case DEVMAP_HASH -> DEV_MAP_HASH_LOOKUP;
      case SOCKMAP -> SOCK_MAP_LOOKUP;
      case SOCKHASH -> SOCK_HASH_LOOKUP;
      default -> null;
    };
  }

  private static @Nullable KernelFunction update(MapType type) {
    return switch (type) {
      case ARRAY, PERCPU_ARRAY -> ARRAY_MAP_UPDATE;
      case HASH -> HTAB_MAP_UPDATE;
      case LRU_HASH -> HTAB_LRU_MAP_UPDATE;
      case PERCPU_HASH -> HTAB_PERCPU_MAP_UPDATE;
      case LRU_PERCPU_HASH -> HTAB_LRU_PERCPU_MAP_UPDATE;
      case LPM_TRIE -> TRIE_UPDATE;
      default -> null;
    };
  }

  private static @Nullable KernelFunction delete(MapType type) {
    return switch (type) {
      case ARRAY, PERCPU_ARRAY -> ARRAY_MAP_DELETE;
      case HASH, PERCPU_HASH -> HTAB_MAP_DELETE;
      case LRU_HASH, LRU_PERCPU_HASH -> HTAB_LRU_MAP_DELETE;
      case LPM_TRIE -> TRIE_DELETE;
      case SOCKMAP -> SOCK_MAP_DELETE;
      case SOCKHASH -> SOCK_HASH_DELETE;
      default -> null;
    };
  }

  private static @Nullable KernelFunction redirect(MapType type) {
    return switch (type) {
      case DEVMAP -> DEV_MAP_REDIRECT;
      case DEVMAP_HASH -> DEV_HASH_MAP_REDIRECT;
      case CPUMAP -> CPU_MAP_REDIRECT;
      case XSKMAP -> XSK_MAP_REDIRECT;
      default -> null;
    };
  }

  private static @Nullable KernelFunction queue(int helper, MapType type) {
    boolean queue = type == MapType.QUEUE;
    boolean stack = type == MapType.STACK;
    boolean bloom = type == MapType.BLOOM_FILTER;
    if (!queue && !stack && !bloom) {
      return null;
    }
    return switch (helper) {
      case PUSH -> bloom ? BLOOM_MAP_PUSH : QUEUE_STACK_MAP_PUSH;
      case POP -> bloom ? null : queue ? QUEUE_MAP_POP : STACK_MAP_POP;
      default -> bloom ? BLOOM_MAP_PEEK : queue ? QUEUE_MAP_PEEK : STACK_MAP_PEEK;
    };
  }
}
