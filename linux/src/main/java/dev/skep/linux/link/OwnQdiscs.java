package dev.skep.linux.link;

import dev.skep.linux.net.NetlinkException;
import dev.skep.linux.net.TrafficControl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The clsact disciplines that this process made: whoever closes the last filter removes them.
 * Others' disciplines stay.
 */
final class OwnQdiscs {
  private static final Path NAMESPACE = Path.of("/proc/thread-self/ns/net");
  private static final Set<Key> MADE = ConcurrentHashMap.newKeySet();

  /** A device of a network namespace. */
  record Key(String namespace, int device) {}

  private OwnQdiscs() {}

  /** The key of a device of this thread's namespace; null where /proc does not tell it. */
  static @Nullable Key key(int device) {
    try {
      return new Key(Files.readSymbolicLink(NAMESPACE).toString(), device);
    } catch (IOException untold) {
      return null;
    }
  }

  static void made(@Nullable Key key) {
    if (key != null) {
      MADE.add(key);
    }
  }

  /** Removes the discipline if it was made here and holds no filters any more. */
  static void removeIfUnused(TrafficControl control, int device, @Nullable Key key) {
    if (key == null || !MADE.contains(key)) {
      return;
    }
    try {
      if (!control.hasFilters(device)) {
        MADE.remove(key);
        control.deleteClsact(device);
      }
    } catch (NetlinkException gone) {
      // The device or the discipline was removed by others, and the filters with it.
      MADE.remove(key);
    }
  }
}
