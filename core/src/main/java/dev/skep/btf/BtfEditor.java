package dev.skep.btf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Changes single words of a copy of a blob: what a loader puts right before the kernel sees an
 * object's BTF.
 */
public final class BtfEditor {
  private final Btf source;
  private final ByteBuffer out;

  public BtfEditor(Btf source) {
    this.source = source;
    this.out =
        ByteBuffer.wrap(source.bytes().clone())
            .order(source.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
  }

  /** Sets the size of a DATASEC in bytes. */
  public void dataSecSize(int id, int size) {
    out.putInt(source.recordOffset(id) + 8, size);
  }

  /** Sets the offset of a DATASEC's variable in bytes. */
  public void sectionVarOffset(int id, int index, int offset) {
    out.putInt(source.recordOffset(id) + 16 + 12 * index, offset);
  }

  /** Sorts a DATASEC's variables by offset. */
  public void sortSectionVars(int id) {
    int at = source.recordOffset(id) + 12;
    List<int[]> entries = new ArrayList<>();
    for (int i = 0; i < source.vlen(id); i++) {
      int p = at + 12 * i;
      entries.add(new int[] {out.getInt(p), out.getInt(p + 4), out.getInt(p + 8)});
    }
    entries.sort(Comparator.comparingLong(entry -> entry[1] & 0xffffffffL));
    for (int[] entry : entries) {
      for (int word : entry) {
        out.putInt(at, word);
        at += 4;
      }
    }
  }

  /** Sets the linkage of a VAR. */
  public void varLinkage(int id, int linkage) {
    out.putInt(source.recordOffset(id) + 12, linkage);
  }

  /** Sets the linkage of a FUNC. */
  public void funcLinkage(int id, int linkage) {
    int at = source.recordOffset(id) + 4;
    out.putInt(at, out.getInt(at) & ~0xffff | linkage);
  }

  /** The changed blob. */
  public Btf build() {
    return source.base() == null ? Btf.parse(out.array()) : Btf.parse(out.array(), source.base());
  }
}
