package dev.skep.program;

import dev.skep.btf.Btf;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The BTF of the kernel that is imitated: vmlinux and its modules, whose ids continue those of
 * vmlinux. Whoever builds it says where the bytes come from; they are read when a program first
 * asks for them, so that others do not pay.
 *
 * <p>{@link #NONE} stands for a kernel without BTF.
 */
public final class KernelTypes {
  /** A kernel without BTF. */
  public static final KernelTypes NONE = new KernelTypes(() -> null, List::of, name -> true);

  /** One module's split BTF. */
  public record Module(String name, Btf btf) {}

  private final Predicate<String> symbols;
  private final Supplier<@Nullable Btf> vmlinuxSource;
  private final Supplier<List<Module>> moduleSource;
  private @Nullable Btf vmlinux;
  private @Nullable List<Module> modules;
  private boolean read;

  private KernelTypes(
      Supplier<@Nullable Btf> vmlinuxSource,
      Supplier<List<Module>> moduleSource,
      Predicate<String> symbols) {
    this.symbols = symbols;
    this.vmlinuxSource = vmlinuxSource;
    this.moduleSource = moduleSource;
  }

  /** A kernel without modules. */
  public static KernelTypes of(Btf vmlinux) {
    return new KernelTypes(() -> vmlinux, List::of, name -> true);
  }

  /** Read on first use; null stands for a kernel without BTF. */
  public static KernelTypes lazily(Supplier<@Nullable Btf> vmlinux) {
    return new KernelTypes(vmlinux, List::of, name -> true);
  }

  /**
   * Read on first use; the modules only after vmlinux, and only when a name is not there.
   *
   * @param symbols whether a variable or function has an address that programs may load
   */
  public static KernelTypes lazily(
      Supplier<@Nullable Btf> vmlinux, Supplier<List<Module>> modules, Predicate<String> symbols) {
    return new KernelTypes(vmlinux, modules, symbols);
  }

  /** Whether the kernel's table of symbols has a name (kallsyms). */
  public boolean hasSymbol(String name) {
    return symbols.test(name);
  }

  /** The types of the kernel itself, or null if it has none. */
  public synchronized @Nullable Btf vmlinux() {
    if (!read) {
      vmlinux = vmlinuxSource.get();
      read = true;
    }
    return vmlinux;
  }

  /** The loaded modules that have BTF, in the order in which they are searched. */
  public synchronized List<Module> modules() {
    List<Module> known = modules;
    if (known == null) {
      known = vmlinux() == null ? List.of() : List.copyOf(moduleSource.get());
      modules = known;
    }
    return known;
  }
}
