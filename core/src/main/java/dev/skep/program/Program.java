package dev.skep.program;

import dev.skep.btf.Btf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One program ready to be verified: linked, relocated, self-contained.
 *
 * <p>Map loads (ld_imm64) carry the index into {@link #maps} in the first imm with src
 * BPF_PSEUDO_MAP_FD (1) or BPF_PSEUDO_MAP_VALUE (2, byte offset in the second imm); the fd-array
 * forms (5, 6) likewise.
 *
 * @param name without truncation
 * @param section ELF section it came from, or empty
 * @param expectedAttachType number of the attach type (enum bpf_attach_type), 0 where none was
 *     given
 * @param flags BPF_F_* of BPF_PROG_LOAD
 * @param insns {@link dev.skep.isa.InsnWord} slots; not to be changed
 * @param funcInfo sorted by insn; empty without BTF
 * @param lineInfo sorted by insn; empty without BTF
 * @param btf the object's BTF, or null
 * @param attachTo kernel function, tracepoint or hook named in the section, or null; of struct_ops
 *     programs the name of the struct
 * @param attachBtfId attach_btf_id of BPF_PROG_LOAD where it is known as a number, else 0: then
 *     {@link AttachTarget} finds it by {@code attachTo}
 * @param attachModule the module whose BTF {@code attachBtfId} belongs to, null for vmlinux's
 * @param attachProgram the program that this one replaces or traces, or null; its BTF then is the
 *     one that {@code attachTo} and {@code attachBtfId} name a function of
 * @param modules the kernel modules whose functions the program calls; see {@link #firstModule}
 */
public record Program(
    String name,
    String section,
    ProgramType type,
    int expectedAttachType,
    int flags,
    String license,
    long[] insns,
    List<MapSpec> maps,
    List<FuncInfo> funcInfo,
    List<LineInfo> lineInfo,
    @Nullable Btf btf,
    @Nullable String attachTo,
    int attachBtfId,
    @Nullable String attachModule,
    @Nullable Program attachProgram,
    List<String> modules) {

  /**
   * The number in a call's off that stands for the first of {@link #modules}: they follow the maps
   * in the array of descriptors, and 0 stands for vmlinux.
   */
  public static int firstModule(int maps) {
    return Math.max(1, maps);
  }

  /** A program whose target, if it has one, is known by name. */
  public Program(
      String name,
      String section,
      ProgramType type,
      int expectedAttachType,
      int flags,
      String license,
      long[] insns,
      List<MapSpec> maps,
      List<FuncInfo> funcInfo,
      List<LineInfo> lineInfo,
      @Nullable Btf btf,
      @Nullable String attachTo) {
    this(
        name,
        section,
        type,
        expectedAttachType,
        flags,
        license,
        insns,
        maps,
        funcInfo,
        lineInfo,
        btf,
        attachTo,
        0,
        null,
        null,
        List.of());
  }

  /** The same program with another target, as the three last components say it. */
  public Program withTarget(
      @Nullable String to, int btfId, @Nullable String module, @Nullable Program target) {
    return new Program(
        name,
        section,
        type,
        expectedAttachType,
        flags,
        license,
        insns,
        maps,
        funcInfo,
        lineInfo,
        btf,
        to,
        btfId,
        module,
        target,
        modules);
  }

  /**
   * The type whose rules hold (resolve_prog_type): an extension is judged and run as a part of the
   * program that it extends.
   */
  public ProgramType resolvedType() {
    Program target = attachProgram;
    return type == ProgramType.EXT && target != null ? target.resolvedType() : type;
  }

  /** Number of the attach type whose rules hold, likewise. */
  public int resolvedAttachType() {
    Program target = attachProgram;
    return type == ProgramType.EXT && target != null
        ? target.resolvedAttachType()
        : expectedAttachType;
  }

  /** The same program with other maps, which its loads name by the same indexes. */
  public Program withMaps(List<MapSpec> others) {
    return new Program(
        name,
        section,
        type,
        expectedAttachType,
        flags,
        license,
        insns,
        others,
        funcInfo,
        lineInfo,
        btf,
        attachTo,
        attachBtfId,
        attachModule,
        attachProgram,
        modules);
  }

  /** The same program without BTF, and so without the records that refer to it. */
  public Program withoutTypes() {
    return new Program(
        name,
        section,
        type,
        expectedAttachType,
        flags,
        license,
        insns,
        maps,
        List.of(),
        List.of(),
        null,
        attachTo,
        attachBtfId,
        attachModule,
        attachProgram,
        modules);
  }

  /** A program without BTF, as raw bpf(2) users load it. */
  public static Program of(
      String name, ProgramType type, String license, long[] insns, List<MapSpec> maps) {
    return new Program(
        name, "", type, 0, 0, license, insns, maps, List.of(), List.of(), null, null);
  }
}
