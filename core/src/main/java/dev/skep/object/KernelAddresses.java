package dev.skep.object;

import java.util.OptionalLong;

/** Where the kernel's symbols are, for externs that are declared without a type. */
@FunctionalInterface
public interface KernelAddresses {
  /**
   * The address of a symbol, empty if the kernel has none of that name.
   *
   * @throws dev.skep.errors.MalformedException if it has two, at different addresses
   */
  OptionalLong find(String symbol);
}
