package dev.skep.object;

import dev.skep.btf.Btf;
import org.jspecify.annotations.Nullable;

/**
 * How an object is opened.
 *
 * @param relaxedMaps whether unknown members of a BTF map definition are ignored, and unknown ways
 *     of pinning taken as by name
 * @param looseSections whether plain section names match as prefixes, as libbpf up to 0.8 had it;
 *     an object with a legacy "maps" section is always read so
 * @param pageSize bytes of a page of the machine that the object is for: ring buffers are rounded
 *     up to it
 * @param kernelBtf types of the kernel that CO-RE relocations are resolved against, or null
 */
public record OpenOptions(
    boolean relaxedMaps, boolean looseSections, int pageSize, @Nullable Btf kernelBtf) {
  public static final OpenOptions DEFAULT = new OpenOptions(false, false, 4096, null);

  public OpenOptions withKernelBtf(Btf btf) {
    return new OpenOptions(relaxedMaps, looseSections, pageSize, btf);
  }

  public OpenOptions withLooseSections(boolean loose) {
    return new OpenOptions(relaxedMaps, loose, pageSize, kernelBtf);
  }

  public OpenOptions withRelaxedMaps(boolean relaxed) {
    return new OpenOptions(relaxed, looseSections, pageSize, kernelBtf);
  }
}
