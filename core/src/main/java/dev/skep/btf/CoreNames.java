package dev.skep.btf;

/** Essential names: a "flavor", as in task_struct___old, does not count. */
final class CoreNames {
  private CoreNames() {}

  /** The name up to its last "___" that has something other than "_" on both sides. */
  static String essential(String name) {
    for (int i = name.length() - 5; i >= 0; i--) {
      if (name.charAt(i) != '_' && name.startsWith("___", i + 1) && name.charAt(i + 4) != '_') {
        return name.substring(0, i + 1);
      }
    }
    return name;
  }

  static boolean sameEssential(String a, String b) {
    return essential(a).equals(essential(b));
  }
}
