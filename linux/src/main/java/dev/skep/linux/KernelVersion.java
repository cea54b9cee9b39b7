package dev.skep.linux;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The number that LINUX_KERNEL_VERSION stands for. */
final class KernelVersion {
  private static final Pattern RELEASE =
      Pattern.compile("(\\d{1,3})\\.(\\d{1,3})(?:\\.(\\d{1,9}))?.*");
  private static final int MAX_PATCH = 255;

  private KernelVersion() {}

  /** KERNEL_VERSION(a, b, c) of a release "a.b.c-more"; 0 for one of another form. */
  static int code(String release) {
    Matcher match = RELEASE.matcher(release);
    if (!match.matches()) {
      return 0;
    }
    int patch = match.group(3) == null ? 0 : Integer.parseInt(match.group(3));
    return Integer.parseInt(match.group(1)) << 16
        | Integer.parseInt(match.group(2)) << 8
        | Math.min(patch, MAX_PATCH);
  }
}
