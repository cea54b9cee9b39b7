package dev.skep.object;

/** The names of at most 15 bytes that libbpf gives the kernel's maps. */
final class KernelNames {
  private static final int MAX = 15;

  private KernelNames() {}

  static String truncate(String name) {
    return name.length() > MAX ? name.substring(0, MAX) : name;
  }

  /**
   * The name of a data section's map (internal_map_name): a prefix of the object's name and the
   * section's, or the section's alone if it has a second dot or is per-CPU.
   */
  static String ofSection(String object, String section) {
    String name;
    if (section.indexOf('.', 1) >= 0 || section.startsWith(".percpu")) {
      name = section;
    } else {
      int room = MAX - Math.max(7, section.length());
      name = object.substring(0, Math.max(0, Math.min(object.length(), room))) + section;
    }
    return sanitize(truncate(name));
  }

  private static String sanitize(String name) {
    StringBuilder text = new StringBuilder(name);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain = c < 128 && Character.isLetterOrDigit(c) || c == '_' || c == '.';
      if (!plain) {
        text.setCharAt(i, '_');
      }
    }
    return text.toString();
  }
}
