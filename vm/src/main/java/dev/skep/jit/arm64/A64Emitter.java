package dev.skep.jit.arm64;

import dev.skep.errors.UnsupportedException;
import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.jit.MachineCode.FaultSite;
import dev.skep.jit.Relocation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Emits all functions and lays them behind each other. */
final class A64Emitter {
  /** Filler of images: brk #0x100; an instruction that looks like it is an error of the encoder. */
  private static final int BREAK = 0xd4202000;

  private static final int STUB_TARGET_WORDS = 2;

  private final A64Input input;
  private final A64Layout layout;
  private final Linkage linkage;
  private final List<Relocation> relocations = new ArrayList<>();
  private final List<FaultSite> faults = new ArrayList<>();
  private final int[] insnOffsets;

  A64Emitter(A64Input input, A64Layout layout, Linkage linkage) {
    this.input = input;
    this.layout = layout;
    this.linkage = linkage;
    this.insnOffsets = new int[input.insns().length];
  }

  MachineCode emit() {
    int functions = input.functions().size();
    int[] offsets = new int[functions + 1];
    int[] lengths = new int[functions];
    List<int[]> images = new ArrayList<>();
    for (int i = 0; i < functions; i++) {
      int[] image = function(i, offsets[i]);
      images.add(image);
      lengths[i] = 4 * image.length;
      // The stub's target lies behind the code, and the next function starts aligned.
      int words = image.length + (layout.patchable() ? STUB_TARGET_WORDS : 0);
      offsets[i + 1] = offsets[i] + 4 * (words + words % 2);
    }
    ByteBuffer bytes = ByteBuffer.allocate(offsets[functions]).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < functions; i++) {
      bytes.position(offsets[i]);
      for (int word : images.get(i)) {
        bytes.putInt(word);
      }
    }
    link(bytes, offsets);
    return new MachineCode(
        bytes.array(),
        offsets,
        lengths,
        insnOffsets,
        relocations,
        List.of(),
        faults,
        4 * layout.tailCallEntry());
  }

  private int[] function(int index, int start) {
    A64Function f = new A64Function(input, index, layout, linkage);
    InsnLowering lowering = new InsnLowering(f);
    int measured = lowering.pass();
    if (lowering.pass() != measured) {
      throw new UnsupportedException("jit: size changed between passes");
    }
    for (Relocation r : f.relocations()) {
      relocations.add(new Relocation(start + r.offset(), r.length(), r.kind(), r.operand()));
    }
    for (FaultSite fault : f.faults()) {
      int offset = start + fault.offset();
      faults.add(new FaultSite(offset, fault.cleared(), fault.arenaBase(), fault.displacement()));
    }
    int first = f.function.start();
    insnOffsets[first] = start;
    for (int i = first + 1; i < f.function.end(); i++) {
      insnOffsets[i] = start + 4 * f.places[i - first];
    }
    int[] image = f.asm.copy();
    for (int word : image) {
      if (word == BREAK) {
        throw new UnsupportedException("jit: an instruction that cannot be encoded");
      }
    }
    return image;
  }

  /** Calls between functions are relative, so they are put in now. */
  private void link(ByteBuffer bytes, int[] offsets) {
    for (Relocation r : relocations) {
      if (r.kind() == Relocation.Kind.CALL_FUNCTION) {
        int words = (offsets[r.operand()] - r.offset()) / 4;
        bytes.putInt(r.offset(), bytes.getInt(r.offset()) | words & 0x3ffffff);
      }
    }
  }
}
