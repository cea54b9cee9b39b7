package dev.skep.verify;

import static dev.skep.errors.Errno.*;
import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import dev.skep.program.Dialect;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.program.SpecialFields;

/**
 * Checks opcodes, resolves what each ld_imm64 loads, and that the maps fit the program
 * (resolve_pseudo_ldimm64, check_map_prog_compatibility). Fills {@link InsnFacts#loadedMap}.
 */
final class ImmediateLoads {
  /** MAX_USED_MAPS. */
  static final int MAX_MAPS = 64;

  private static final int PAGE_SHIFT = 12;

  /** BPF_MAX_VAR_OFF. */
  private static final int STANDARD_ERROR = 2;

  private static final int MAX_OFFSET = 1 << 29;

  private final Program program;
  private final KernelSymbols symbols;
  private final VerifierLog log;
  private final InsnFacts facts;
  private final boolean[] used;
  private int usedCount;
  private boolean arena;
  private boolean cgroupStorage;
  private boolean perCpuCgroupStorage;

  private final Dialect dialect;
  private final boolean jit;
  private final boolean privileged;

  private ImmediateLoads(
      Program program,
      VerifierOptions options,
      KernelSymbols symbols,
      VerifierLog log,
      InsnFacts facts) {
    dialect = options.dialect();
    jit = options.host().jit();
    privileged = options.host().perfmon() && options.host().bpfCapable();
    this.symbols = symbols;
    this.program = program;
    this.log = log;
    this.facts = facts;
    this.used = new boolean[program.maps().size()];
  }

  static void resolve(
      Program program,
      VerifierOptions options,
      KernelSymbols symbols,
      VerifierLog log,
      InsnFacts facts) {
    new ImmediateLoads(program, options, symbols, log, facts).run();
  }

  private void run() {
    long[] insns = program.insns();
    for (int i = 0; i < insns.length; i++) {
      int code = InsnWord.code(insns[i]);
      if (classOf(code) == LDX
          && (mode(code) != MEM && mode(code) != MEMSX || InsnWord.imm(insns[i]) != 0)) {
        log.add("BPF_LDX uses reserved fields\n");
        throw new Rejection(EINVAL);
      }
      if (code == LD_IMM64) {
        load(insns, i);
        i++;
      } else if (!KnownOpcodes.has(code)) {
        log.add("unknown opcode ").add("0123456789abcdef".charAt(code >> 4));
        log.add("0123456789abcdef".charAt(code & 15)).line();
        throw new Rejection(EINVAL);
      }
    }
  }

  private void load(long[] insns, int i) {
    // The second slot holds nothing but the upper half of the constant.
    if (i == insns.length - 1 || (int) insns[i + 1] != 0) {
      log.add("invalid bpf_ld_imm64 insn\n");
      throw new Rejection(EINVAL);
    }
    int high = InsnWord.imm(insns[i + 1]);
    switch (InsnWord.src(insns[i])) {
      case 0, PSEUDO_FUNC -> {}
      case PSEUDO_BTF_ID -> symbols.check(insns[i], insns[i + 1], log);
      case PSEUDO_MAP_FD, PSEUDO_MAP_IDX -> {
        if (high != 0) {
          unrecognized();
        }
        facts.loadedMap[i] = use(InsnWord.imm(insns[i]));
      }
      case PSEUDO_MAP_VALUE, PSEUDO_MAP_IDX_VALUE -> {
        int map = use(InsnWord.imm(insns[i]));
        facts.loadedMap[i] = map;
        checkValue(program.maps().get(map), high);
      }
      default -> unrecognized();
    }
  }

  private void unrecognized() {
    log.add("unrecognized bpf_ld_imm64 insn\n");
    throw new Rejection(EINVAL);
  }

  private int use(int map) {
    if (map < 0 || map >= used.length) {
      log.add("fd ").num(map).add(" is not pointing to valid bpf_map\n");
      // The first three descriptors of a process are open, and no maps.
      throw new Rejection(map >= 0 && map <= STANDARD_ERROR ? EINVAL : EBADF);
    }
    if (used[map]) {
      return map;
    }
    if (usedCount >= MAX_MAPS) {
      log.add("The total number of maps per program has reached the limit of 64\n");
      throw new Rejection(E2BIG);
    }
    checkCompatible(program.maps().get(map));
    used[map] = true;
    usedCount++;
    return map;
  }

  private void checkCompatible(MapSpec map) {
    MapType type = map.type();
    if (type == MapType.STRUCT_OPS) {
      refuse("bpf_struct_ops map cannot be used in prog", EINVAL);
    }
    checkFields(symbols.fieldsOf(map));
    if (LoadChecks.sleepable(program) && !sleepableType(type)) {
      refuse("Sleepable programs can only use array, hash, ringbuf and local storage maps", EINVAL);
    }
    if (type == MapType.CGROUP_STORAGE && cgroupStorage
        || type == MapType.PERCPU_CGROUP_STORAGE && perCpuCgroupStorage) {
      refuse("only one cgroup storage of each type is allowed", EBUSY);
    }
    cgroupStorage |= type == MapType.CGROUP_STORAGE;
    perCpuCgroupStorage |= type == MapType.PERCPU_CGROUP_STORAGE;
    if (type == MapType.ARENA) {
      checkArena();
    }
  }

  private void checkArena() {
    if (arena) {
      refuse("Only one arena per program", EBUSY);
    }
    if (!privileged) {
      refuse("CAP_BPF and CAP_PERFMON are required to use arena", EPERM);
    }
    if (!jit) {
      refuse("JIT is required to use arena", EOPNOTSUPP);
    }
    // Loaders map an arena without an address of its own before programs use it: it has one.
    arena = true;
  }

  private void checkFields(SpecialFields fields) {
    boolean tracing =
        switch (program.type()) {
          case KPROBE, TRACEPOINT, PERF_EVENT, RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE -> true;
          default -> false;
        };
    if (fields.has(SpecialFields.GRAPH_ROOT) && tracing) {
      refuse("tracing progs cannot use bpf_{list_head,rb_root} yet", EINVAL);
    }
    if (fields.has(SpecialFields.SPIN_LOCK | SpecialFields.RES_SPIN_LOCK)) {
      if (program.type() == ProgramType.SOCKET_FILTER) {
        refuse("socket filter progs cannot use bpf_spin_lock yet", EINVAL);
      }
      if (tracing) {
        refuse("tracing progs cannot use bpf_spin_lock yet", EINVAL);
      }
    }
    if (fields.has(SpecialFields.TIMER) && tracing) {
      refuse("tracing progs cannot use bpf_timer yet", EINVAL);
    }
    if (fields.has(SpecialFields.WORKQUEUE) && tracing) {
      refuse("tracing progs cannot use bpf_wq yet", EINVAL);
    }
  }

  private boolean sleepableType(MapType type) {
    return switch (type) {
      case HASH,
          LRU_HASH,
          ARRAY,
          PERCPU_HASH,
          PERCPU_ARRAY,
          LRU_PERCPU_HASH,
          ARRAY_OF_MAPS,
          HASH_OF_MAPS,
          RINGBUF,
          USER_RINGBUF,
          INODE_STORAGE,
          SK_STORAGE,
          TASK_STORAGE,
          CGRP_STORAGE,
          QUEUE,
          STACK,
          ARENA ->
          true;
      case PROG_ARRAY -> dialect != Dialect.V6_18;
      default -> false;
    };
  }

  private void refuse(String message, int errno) {
    log.add(message).line();
    throw new Rejection(errno);
  }

  /** The address of a place in the arena (arena_map_direct_value_addr). */
  private void checkArenaOffset(MapSpec map, int offset) {
    if (offset > (map.maxEntries() & 0xffffffffL) << PAGE_SHIFT) {
      log.add("invalid access to map value pointer, value_size=").num(map.valueSize());
      log.add(" off=").num(offset).line();
      throw new Rejection(ERANGE);
    }
  }

  /** The direct address of a value: arrays of one element, and per-CPU arrays of one element. */
  private void checkValue(MapSpec map, int offset) {
    if (Integer.compareUnsigned(offset, MAX_OFFSET) >= 0) {
      log.add("direct value offset of ").num(offset & 0xffffffffL).add(" is not allowed\n");
      throw new Rejection(EINVAL);
    }
    boolean perCpu = map.type() == MapType.PERCPU_ARRAY && dialect != Dialect.V6_18;
    if (map.type() == MapType.ARENA) {
      checkArenaOffset(map, offset);
      return;
    }
    if (map.type() != MapType.ARRAY && !perCpu) {
      refuse("no direct value access support for this map type", EINVAL);
    }
    if (perCpu && dialect == Dialect.SEED && !jit) {
      refuse("JIT is required to use global percpu data", EOPNOTSUPP);
    }
    int errno = 0;
    if (map.maxEntries() != 1) {
      errno = perCpu ? EOPNOTSUPP : ENOTSUPP;
    } else if (Integer.compareUnsigned(offset, map.valueSize()) >= 0) {
      errno = EINVAL;
    }
    if (errno != 0) {
      log.add("invalid access to map value pointer, value_size=").num(map.valueSize());
      log.add(" off=").num(offset).line();
      throw new Rejection(errno);
    }
  }
}
