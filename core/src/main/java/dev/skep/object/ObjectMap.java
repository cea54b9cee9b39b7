package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A map of an object; what is set here holds for programs linked and maps created afterwards. */
public final class ObjectMap {
  private static final int MAX_IMAGE = 1 << 26;

  private final String kernelName;
  private final int section;
  private final long sectionOffset;
  private final boolean data;
  private final int pageSize;
  private MapSpec spec;
  private @Nullable SlotRange slotRange;
  private @Nullable String warning;

  /** How many loaded objects have the map. */
  private int loads;

  private ObjectMap(
      MapSpec spec,
      String kernelName,
      int section,
      long sectionOffset,
      boolean data,
      int pageSize) {
    this.spec = spec;
    this.kernelName = kernelName;
    this.section = section;
    this.sectionOffset = sectionOffset;
    this.data = data;
    this.pageSize = pageSize;
  }

  /** A map that the object defines in a section, at an offset in it. */
  static ObjectMap defined(MapSpec spec, int section, long sectionOffset, int pageSize) {
    ObjectMap map =
        new ObjectMap(
            spec, KernelNames.truncate(spec.name()), section, sectionOffset, false, pageSize);
    map.maxEntries(spec.maxEntries());
    return map;
  }

  /** A map that stands for a whole data section. */
  static ObjectMap ofSection(MapSpec spec, String kernelName, int section) {
    return new ObjectMap(spec, kernelName, section, 0, true, 0);
  }

  int section() {
    return section;
  }

  long sectionOffset() {
    return sectionOffset;
  }

  /** Where the static contents of a map in map or prog array lie in the section. */
  record SlotRange(long start, long end) {}

  @Nullable SlotRange slotRange() {
    return slotRange;
  }

  void slotRange(SlotRange range) {
    slotRange = range;
  }

  void slots(List<@Nullable String> slots) {
    change(spec.name(), spec.inner(), slots);
  }

  void rename(String name) {
    change(name, spec.inner(), spec.slots());
  }

  void inner(MapSpec template) {
    change(spec.name(), template, spec.slots());
  }

  private void change(String name, @Nullable MapSpec inner, List<@Nullable String> slots) {
    spec =
        new MapSpec(
            name,
            spec.type(),
            spec.keySize(),
            spec.valueSize(),
            spec.maxEntries(),
            spec.flags(),
            spec.extra(),
            inner,
            spec.btf(),
            spec.keyTypeId(),
            spec.valueTypeId(),
            spec.initial(),
            spec.frozen(),
            slots,
            spec.pinByName(),
            spec.numaNode());
  }

  void numaNode(int node) {
    spec = spec.withNumaNode(node);
  }

  /** The whole name: that of the variable, or of the section for global data. */
  public String name() {
    return spec.name();
  }

  /** The at most 15 bytes that libbpf gives the kernel, as in "dispatch.rodata". */
  public String kernelName() {
    return kernelName;
  }

  /** The NUMA node that the definition asks for, or -1. */
  public int numaNode() {
    return spec.numaNode();
  }

  /** Whether it holds the variables of a data section. */
  public boolean isGlobalData() {
    return data;
  }

  /** The map as it stands now, overrides included. */
  public MapSpec spec() {
    return spec;
  }

  /**
   * What an engine made of the object has the map now; until {@link #unloaded} it cannot change.
   */
  synchronized void loaded() {
    loads++;
  }

  synchronized void unloaded() {
    loads--;
  }

  /** Whether the map is in use by an object that was loaded and is not closed. */
  public synchronized boolean isLoaded() {
    return loads > 0;
  }

  private void checkUnloaded(String what) {
    if (isLoaded()) {
      throw new BpfErrnoException(Errno.EBUSY, what + " of " + text(), "it is loaded");
    }
  }

  private String text() {
    return "map \"" + name() + "\"";
  }

  /** What the last change of the value size, or the kernel, cost the map, one line, or null. */
  public @Nullable String warning() {
    return warning;
  }

  /** The kernel refused the types of key and value with an errno: the map is one without. */
  public void dropTypes(int errno) {
    warning = text() + " is created without its types: " + Errno.name(errno);
    spec = spec.withTypes(null, 0, 0);
  }

  /**
   * Sets the number of entries; that of a ring buffer is rounded up to what the kernel takes.
   *
   * @throws BpfErrnoException with EBUSY while the object is loaded
   */
  public void maxEntries(int entries) {
    checkUnloaded("number of entries");
    boolean ring = spec.type() == MapType.RINGBUF || spec.type() == MapType.USER_RINGBUF;
    spec = spec.withMaxEntries(ring ? ringBytes(entries) : entries);
  }

  /** bpf_map__set_max_entries: a page times a power of two; what cannot be rounded stays. */
  private int ringBytes(int bytes) {
    if (bytes == 0) {
      return 0;
    }
    for (long size = pageSize; size <= 0x80000000L; size <<= 1) {
      if (size >= (bytes & 0xffffffffL)) {
        return (int) size;
      }
    }
    return bytes;
  }

  /**
   * Sets the value size in bytes. Global data keeps its bytes and grows by zeros, and its last
   * variable, an array, takes all of the new size. Where it is none, or its elements do not fill
   * the size exactly, the map loses its types: {@link #warning} then says so.
   *
   * @throws BpfErrnoException with EBUSY while the object is loaded, EINVAL for a negative size
   */
  public void valueSize(int size) {
    checkUnloaded("value size");
    if (size < 0) {
      throw new BpfErrnoException(Errno.EINVAL, "value size " + size + " of " + text());
    }
    byte[] initial = spec.initial();
    if (initial != null) {
      initial = Arrays.copyOf(initial, size);
    }
    String problem = data ? SectionResize.problem(spec, size) : null;
    Btf types = problem != null ? null : spec.btf();
    if (data) {
      warning = problem == null ? null : text() + " cannot be resized, " + problem;
      types = types == null ? null : SectionResize.resized(types, spec.valueTypeId(), size);
    }
    spec =
        new MapSpec(
            spec.name(),
            spec.type(),
            spec.keySize(),
            size,
            spec.maxEntries(),
            spec.flags(),
            spec.extra(),
            spec.inner(),
            types,
            types == null ? 0 : spec.keyTypeId(),
            types == null ? 0 : spec.valueTypeId(),
            initial,
            spec.frozen(),
            spec.slots(),
            spec.pinByName(),
            spec.numaNode());
  }

  /** The first element's bytes before load, or null where the map has none; not a copy. */
  public byte @Nullable [] initial() {
    return spec.initial();
  }

  /**
   * The bytes of a data section before load, to be read and written; zeros where the file holds
   * none. A new size is a new image. While the object is loaded it is a copy: what is written into
   * it is seen by nobody.
   *
   * @throws IllegalArgumentException if the map is no data section
   * @throws UnsupportedException if it is larger than 64 MiB and the file holds no bytes of it
   */
  public byte[] image() {
    if (!data) {
      throw new IllegalArgumentException("map \"" + name() + "\" is no data section");
    }
    byte[] image = spec.initial();
    if (image != null) {
      return isLoaded() ? image.clone() : image;
    }
    int size = spec.valueSize();
    if (size < 0 || size > MAX_IMAGE) {
      throw new UnsupportedException(
          "map \"" + name() + "\": initial value in a section of " + size + " bytes");
    }
    byte[] zeros = new byte[size];
    image(zeros);
    return zeros;
  }

  /**
   * Sets the first element's bytes.
   *
   * @throws BpfErrnoException with EBUSY while the object is loaded, EINVAL if the map is no global
   *     data or the size differs
   */
  public void initial(byte[] bytes) {
    checkUnloaded("initial value");
    if (!data || bytes.length != spec.valueSize()) {
      String what = "initial value of " + bytes.length + " bytes for " + text();
      throw new BpfErrnoException(Errno.EINVAL, what, data ? "want " + spec.valueSize() : "");
    }
    image(bytes.clone());
  }

  void image(byte[] bytes) {
    spec = spec.withInitial(bytes, spec.frozen());
  }

  @Override
  public String toString() {
    return spec.name() + " (" + spec.type().text() + ")";
  }
}
