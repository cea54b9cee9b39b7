package dev.skep.map;

import dev.skep.machine.HandleLayout;
import dev.skep.machine.Ids;
import dev.skep.machine.Machine;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;
import dev.skep.program.layout.BpfProgLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A program without code, and where such programs are found. */
final class FakeProgram implements MapProgram {
  static final ProgramOwner XDP = new ProgramOwner(ProgramType.XDP, 37, false, false);

  /** Programs by number; blocks hold the number. */
  static final class Directory implements ProgramDirectory {
    final Map<Integer, FakeProgram> programs = new ConcurrentHashMap<>();

    @Override
    public @Nullable MapProgram byId(int id) {
      return programs.get(id);
    }

    @Override
    public @Nullable MapProgram at(long block) {
      return programs.get((int) Memory.getLong(block + HandleLayout.PROGRAM));
    }
  }

  boolean reachesTailCall;
  boolean overridesReturn;
  final AtomicInteger references = new AtomicInteger(1);
  private final Machine machine;
  private final Directory directory;
  private final ProgramOwner owner;
  private final Membership membership = new Membership();
  private final int id = Ids.next();
  private final long block = Memory.allocate(BpfProgLayout.SIZE);

  FakeProgram(Machine machine, Directory directory, ProgramOwner owner) {
    this.machine = machine;
    this.directory = directory;
    this.owner = owner;
    Memory.putLong(block + HandleLayout.PROGRAM, id);
    directory.programs.put(id, this);
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public long block() {
    return block;
  }

  /** No address: tests compare numbers only. */
  @Override
  public long tailCallEntry() {
    return 0x1000_0000L + id * 0x100L + 12;
  }

  @Override
  public ProgramOwner owner() {
    return owner;
  }

  @Override
  public ProgramType type() {
    return owner.type();
  }

  @Override
  public boolean reachesTailCall() {
    return reachesTailCall;
  }

  @Override
  public boolean overridesReturn() {
    return overridesReturn;
  }

  @Override
  public Membership membership() {
    return membership;
  }

  @Override
  public boolean retain() {
    references.incrementAndGet();
    return true;
  }

  @Override
  public void release() {
    if (references.decrementAndGet() == 0) {
      machine
          .gracePeriods()
          .defer(() -> {
            directory.programs.remove(id);
            Memory.free(block);
          });
    }
  }
}
