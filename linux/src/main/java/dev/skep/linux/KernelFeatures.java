package dev.skep.linux;

import dev.skep.linux.sys.Bpf;
import dev.skep.natives.Syscalls;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.Supplier;

/**
 * What a kernel can do, found out by trying: each question is asked when somebody first wants to
 * know, and once. What the caller may not do counts as missing.
 */
public final class KernelFeatures {
  private static final Map<Syscalls, KernelFeatures> KNOWN = new WeakHashMap<>();

  private final FeatureProbes probes;
  private final TypeProbes types;
  private final Map<Feature, Boolean> features = new EnumMap<>(Feature.class);
  private final Map<ProgramType, Boolean> programs = new EnumMap<>(ProgramType.class);
  private final Map<MapType, Boolean> maps = new EnumMap<>(MapType.class);
  private final Map<Integer, Boolean> helpers = new HashMap<>();

  private KernelFeatures(Bpf bpf) {
    Probe probe = new Probe(bpf);
    probes = new FeatureProbes(probe);
    types = new TypeProbes(probe);
  }

  /** Those of the running kernel. */
  public static KernelFeatures host() {
    return of(new Bpf(Syscalls.host()));
  }

  /** Those of the kernel behind these commands; answers are shared between all who ask it. */
  static KernelFeatures of(Bpf bpf) {
    synchronized (KNOWN) {
      return KNOWN.computeIfAbsent(bpf.syscalls(), _ -> new KernelFeatures(bpf));
    }
  }

  /** Whether the kernel has a feature. */
  public boolean has(Feature feature) {
    return cached(features, feature, () -> probes.has(feature));
  }

  /** Whether programs of a type can be loaded (libbpf_probe_bpf_prog_type). */
  public boolean has(ProgramType type) {
    return cached(programs, type, () -> types.has(type));
  }

  /** Whether maps of a type can be created (libbpf_probe_bpf_map_type). */
  public boolean has(MapType type) {
    return cached(maps, type, () -> types.has(type));
  }

  /**
   * Whether programs of a type may call a helper (libbpf_probe_bpf_helper). Of tracing, lsm, ext
   * and struct_ops nobody can tell without a target: they count as not.
   *
   * @param helper number in enum bpf_func_id
   */
  public boolean hasHelper(ProgramType type, int helper) {
    return cached(helpers, type.number() << 16 | helper, () -> types.hasHelper(type, helper));
  }

  /** Whether programs of more than 4096 instructions load (5.2). */
  public boolean hasLargePrograms() {
    return probes.loads(FeatureProbes.largeProgram());
  }

  /** Whether loops load that end after a known number of rounds (5.3). */
  public boolean hasBoundedLoops() {
    return probes.loads(FeatureProbes.boundedLoop());
  }

  /**
   * Whether the instructions of a version of the instruction set load.
   *
   * @param version 2: jumps for less than; 3: jumps on 32 bits; 4: signed moves and divisions, byte
   *     swaps, long jumps
   */
  public boolean hasInstructionSet(int version) {
    return probes.loads(FeatureProbes.instructionSet(version));
  }

  private static <K> boolean cached(Map<K, Boolean> known, K key, Supplier<Boolean> ask) {
    synchronized (known) {
      Boolean answer = known.get(key);
      if (answer == null) {
        answer = ask.get();
        known.put(key, answer);
      }
      return answer;
    }
  }
}
