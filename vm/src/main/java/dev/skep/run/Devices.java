package dev.skep.run;

import dev.skep.machine.AddressSpace;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The network devices that test runs know: loopback, and those that the options name. */
final class Devices implements AutoCloseable {
  private final Map<Integer, Device> byIndex = new TreeMap<>();
  private final Device loopback;

  Devices(AddressSpace space, int[] others) {
    loopback = new Device(Device.LOOPBACK_IFINDEX, space);
    byIndex.put(Device.LOOPBACK_IFINDEX, loopback);
    for (int ifindex : others) {
      byIndex.computeIfAbsent(ifindex, index -> new Device(index, space));
    }
  }

  Device loopback() {
    return loopback;
  }

  @Nullable Device find(int ifindex) {
    return byIndex.get(ifindex);
  }

  @Override
  public void close() {
    byIndex.values().forEach(Device::close);
  }
}
