package dev.skep.engine;

import dev.skep.data.BufferMemory;
import dev.skep.data.DataMemory;
import dev.skep.data.PerCpu;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectMap;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What all generated skeletons have in common: one object, first open, then loaded, then closed. A
 * section's memory is the image that will be loaded, and after that the live data.
 */
public abstract class ObjectSkeleton implements AutoCloseable {
  private final BpfObject object;
  private @Nullable LoadedObject loaded;

  protected ObjectSkeleton(BpfObject object) {
    this.object = object;
  }

  /** An object from the text that a skeleton holds of it. */
  protected static BpfObject decode(String name, String... base64) {
    return BpfObject.open(name, Base64.getMimeDecoder().decode(String.join("", base64)));
  }

  /** The open object: sizes of maps, programs that are not to be loaded, and so on. */
  public final BpfObject object() {
    return object;
  }

  /**
   * The loaded object.
   *
   * @throws IllegalStateException before it is loaded
   */
  public final LoadedObject loaded() {
    LoadedObject present = loaded;
    if (present == null) {
      throw new IllegalStateException("object \"" + object.name() + "\" is not loaded");
    }
    return present;
  }

  /** Loads the object, once. */
  protected final void loadInto(Engine engine) {
    if (loaded != null) {
      throw new IllegalStateException("object \"" + object.name() + "\" is loaded already");
    }
    loaded = engine.load(object);
  }

  /** As {@link LoadedObject#attach()}. */
  public final Links attach() {
    return loaded().attach();
  }

  /** A section's image before load, its live data after it. */
  protected final DataMemory section(String map) {
    return new SectionMemory(map, false);
  }

  /** A per-CPU section's image: written before load, after it the values that it began with. */
  protected final DataMemory initial(String map) {
    return new SectionMemory(map, true);
  }

  /** A per-CPU section's live data. */
  protected final <T> PerCpu<T> perCpu(String map, Function<DataMemory, T> view) {
    return loaded().perCpu(map, view);
  }

  @Override
  public final void close() {
    LoadedObject present = loaded;
    if (present != null) {
      present.close();
    }
  }

  private final class SectionMemory implements DataMemory {
    private final String map;
    private final boolean imageOnly;
    private @Nullable DataMemory live;

    SectionMemory(String map, boolean imageOnly) {
      this.map = map;
      this.imageOnly = imageOnly;
    }

    private DataMemory now() {
      DataMemory known = live;
      if (known != null) {
        return known;
      }
      LoadedObject present = loaded;
      if (present != null && !imageOnly) {
        known = present.memory(map);
        live = known;
        return known;
      }
      ObjectMap opened = object.map(map);
      ByteBuffer image = ByteBuffer.wrap(opened.image());
      return BufferMemory.of(opened.isLoaded() ? image.asReadOnlyBuffer() : image);
    }

    @Override
    public int size() {
      return now().size();
    }

    @Override
    public long load(int offset, int bytes) {
      return now().load(offset, bytes);
    }

    @Override
    public void store(int offset, int bytes, long value) {
      now().store(offset, bytes, value);
    }

    @Override
    public byte[] get(int offset, int length) {
      return now().get(offset, length);
    }

    @Override
    public void put(int offset, byte[] bytes) {
      now().put(offset, bytes);
    }
  }
}
