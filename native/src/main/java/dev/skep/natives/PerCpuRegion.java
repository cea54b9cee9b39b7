package dev.skep.natives;

/**
 * Memory of which every CPU has its own copy.
 *
 * <pre>
 *   base(0)            base(0) + stride        base(1) + stride
 *   |- CPU 0 ----------|- CPU 1 ---------------|- ..
 *   |hdr| committed |..|hdr| committed |.......|
 * </pre>
 *
 * A per-CPU pointer is an offset, the same on all CPUs: {@code base(cpu) + offset} is that CPU's
 * copy. Offset 0 is never given, so it can stand for null. Each area starts with a header that
 * compiled code reads; from {@link #RUNTIME_OFFSET} to {@link #HEADER_BYTES} it is the runtime's.
 * Memory is committed for all CPUs alike as the highest offset grows.
 */
public final class PerCpuRegion implements AutoCloseable {
  /** u64: the area's own address, what mov64_percpu adds (the kernel's this_cpu_off). */
  public static final int BASE_OFFSET = 8;

  /** u32: the number of the CPU. */
  public static final int CPU_NUMBER_OFFSET = 64;

  /** Header bytes from here on hold the state of compiled helpers. */
  public static final int RUNTIME_OFFSET = 128;

  /** The first offset that {@link #allocate} gives. */
  public static final int HEADER_BYTES = 1024;

  /** The largest stride that is tried; addresses only, no memory. */
  private static final long MAX_STRIDE = 1L << 36;

  private static final long MIN_STRIDE = 1L << 26;
  private static final long COMMIT_STEP = 1L << 16;

  private final int cpus;
  private final long stride;
  private final long start;
  private final OffsetAllocator offsets;
  private volatile long committed;
  private boolean closed;

  /**
   * @param cpus how many areas, numbered from 0
   */
  public PerCpuRegion(int cpus) {
    if (cpus < 1) {
      throw new IllegalArgumentException("cpus=" + cpus);
    }
    this.cpus = cpus;
    long tried = MAX_STRIDE;
    long address = Pages.tryReserve(cpus * tried);
    while (address == 0 && tried > MIN_STRIDE) {
      tried >>= 1;
      address = Pages.tryReserve(cpus * tried);
    }
    if (address == 0) {
      throw new OutOfMemoryError("no address space for per-CPU memory of " + cpus + " CPUs");
    }
    stride = tried;
    start = address;
    offsets = new OffsetAllocator(HEADER_BYTES, stride);
    commit(HEADER_BYTES);
    for (int cpu = 0; cpu < cpus; cpu++) {
      Memory.putLong(base(cpu) + BASE_OFFSET, base(cpu));
      Memory.putInt(base(cpu) + CPU_NUMBER_OFFSET, cpu);
    }
  }

  public int cpus() {
    return cpus;
  }

  /** What is added to a per-CPU offset to get this CPU's address. */
  public long base(int cpu) {
    return start + cpu * stride;
  }

  /** Bytes of each area that are in use. */
  public synchronized long usedBytes() {
    return offsets.usedBytes();
  }

  /** The address of one CPU's copy. */
  public long address(long offset, int cpu) {
    return base(cpu) + offset;
  }

  /**
   * Room on every CPU, zeroed.
   *
   * @param bytes per CPU, more than 0
   * @param alignment a power of two, at most a page
   * @return its offset, never 0
   */
  public synchronized long allocate(long bytes, long alignment) {
    if (bytes <= 0
        || alignment <= 0
        || (alignment & alignment - 1) != 0
        || alignment > Pages.size()) {
      throw new IllegalArgumentException("allocate bytes=" + bytes + " alignment=" + alignment);
    }
    long reused = offsets.top();
    long offset = offsets.allocate(bytes, alignment);
    if (offset == OffsetAllocator.FULL) {
      throw new OutOfMemoryError("no per-CPU memory for " + bytes + " bytes");
    }
    commit(offsets.top());
    if (offset < reused) {
      for (int cpu = 0; cpu < cpus; cpu++) {
        Memory.fill(base(cpu) + offset, bytes, (byte) 0);
      }
    }
    return offset;
  }

  /** Gives back room of {@link #allocate}; the caller knows that no run still sees it. */
  public synchronized void free(long offset) {
    offsets.free(offset);
  }

  private void commit(long top) {
    if (top <= committed) {
      return;
    }
    // Doubling keeps the number of mprotect calls small; untouched pages cost nothing.
    long target = Math.max(top, Math.min(2 * committed, stride));
    target = Math.min(stride, (target + COMMIT_STEP - 1) & -COMMIT_STEP);
    for (int cpu = 0; cpu < cpus; cpu++) {
      Pages.protect(base(cpu) + committed, target - committed, Pages.READ | Pages.WRITE);
    }
    committed = target;
  }

  /** Whether these bytes lie in the committed memory of one CPU. */
  public boolean contains(long address, int bytes) {
    long inRegion = address - start;
    return inRegion >= 0
        && inRegion < cpus * stride
        && (inRegion & stride - 1) + bytes <= committed;
  }

  /** Unmaps everything; no address of the region may be used afterwards. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Pages.unmap(start, cpus * stride);
    }
  }
}
