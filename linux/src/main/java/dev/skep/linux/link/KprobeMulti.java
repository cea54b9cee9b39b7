package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.LinkLayout;
import dev.skep.natives.Memory;
import dev.skep.program.AttachType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Many functions of the kernel by one link (Linux 5.18). The program must have been loaded for
 * trace_kprobe_multi, or trace_kprobe_session.
 *
 * @param functions names in /proc/kallsyms; with '*' or '?' patterns over the functions that can be
 *     traced
 * @param returning at the returns from the functions
 * @param session at entry and return of each (Linux 6.10)
 */
public record KprobeMulti(List<String> functions, boolean returning, boolean session)
    implements KernelAttachPoint {
  private static final int RETURN = 1;

  public KprobeMulti {
    functions = List.copyOf(functions);
  }

  public static KprobeMulti entry(String... functions) {
    return new KprobeMulti(List.of(functions), false, false);
  }

  public static KprobeMulti exit(String... functions) {
    return new KprobeMulti(List.of(functions), true, false);
  }

  public static KprobeMulti session(String... functions) {
    return new KprobeMulti(List.of(functions), false, true);
  }

  Link attach(Attachee program) {
    List<String> names = names(program.what(this));
    AttachType type = session ? AttachType.TRACE_KPROBE_SESSION : AttachType.TRACE_KPROBE_MULTI;
    return program.link(
        this,
        0,
        type,
        0,
        attr -> {
          attr.putInt(LinkLayout.KprobeMulti.FLAGS, returning ? RETURN : 0);
          attr.putInt(LinkLayout.KprobeMulti.COUNT, names.size());
          long symbols = attr.putBuffer(LinkLayout.KprobeMulti.SYMBOLS, 8L * names.size());
          for (int i = 0; i < names.size(); i++) {
            Memory.putLong(symbols + 8L * i, text(attr, names.get(i)));
          }
        });
  }

  static long text(Attr attr, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    long address = attr.allocate(bytes.length + 1L);
    Memory.copy(Arrays.copyOf(bytes, bytes.length + 1), 0, address, bytes.length + 1);
    return address;
  }

  /** The names with patterns resolved. */
  private List<String> names(String what) {
    Set<String> names = new LinkedHashSet<>();
    for (String function : functions) {
      if (Glob.isPattern(function)) {
        names.addAll(traceable(new Glob(function), what));
      } else {
        names.add(function);
      }
    }
    if (names.isEmpty()) {
      throw new BpfErrnoException(Errno.ENOENT, what, "no function that can be traced matches");
    }
    return List.copyOf(names);
  }

  private static List<String> traceable(Glob pattern, String what) {
    Path list = Tracefs.root(what).resolve("available_filter_functions");
    try (Stream<String> lines = Files.lines(list)) {
      return lines
          .map(line -> line.split("[ \t]", 2)[0])
          .filter(pattern::matches)
          .distinct()
          .sorted()
          .toList();
    } catch (IOException unreadable) {
      throw new BpfErrnoException(Errno.EACCES, what, list + " cannot be read");
    }
  }

  @Override
  public String describe() {
    String kind = session ? "kprobe.session " : returning ? "kretprobe.multi " : "kprobe.multi ";
    return kind + String.join(",", functions);
  }
}
