package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.linux.sys.LinkLayout;
import dev.skep.natives.Memory;
import dev.skep.program.AttachType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Many places of one program or library by one link (Linux 6.6). The program must have been loaded
 * for trace_uprobe_multi, or trace_uprobe_session.
 *
 * @param file as of {@link Uprobe}
 * @param functions symbols, or patterns of '*' and '?'
 * @param returning at the returns from the functions
 * @param session at entry and return of each (Linux 6.13)
 * @param pid a process, or -1 for all
 * @param cookies what bpf_get_attach_cookie returns, by function; empty for none
 */
public record UprobeMulti(
    String file,
    List<String> functions,
    boolean returning,
    boolean session,
    int pid,
    List<Long> cookies)
    implements KernelAttachPoint {
  private static final int RETURN = 1;

  public UprobeMulti {
    functions = List.copyOf(functions);
    cookies = List.copyOf(cookies);
    if (!cookies.isEmpty() && cookies.size() != functions.size()) {
      throw new IllegalArgumentException(
          cookies.size() + " cookies for " + functions.size() + " functions");
    }
    if (!cookies.isEmpty() && functions.stream().anyMatch(Glob::isPattern)) {
      throw new IllegalArgumentException("cookies need names, not patterns");
    }
  }

  public static UprobeMulti entry(String file, String... functions) {
    return new UprobeMulti(file, List.of(functions), false, false, -1, List.of());
  }

  public static UprobeMulti exit(String file, String... functions) {
    return new UprobeMulti(file, List.of(functions), true, false, -1, List.of());
  }

  public static UprobeMulti session(String file, String... functions) {
    return new UprobeMulti(file, List.of(functions), false, true, -1, List.of());
  }

  /** Only in that process. */
  public UprobeMulti ofProcess(long process) {
    int number = Math.toIntExact(process);
    return new UprobeMulti(file, functions, returning, session, number, cookies);
  }

  public UprobeMulti withCookies(Long... newCookies) {
    return new UprobeMulti(file, functions, returning, session, pid, List.of(newCookies));
  }

  Link attach(Attachee program) {
    String what = program.what(this);
    Path path = BinaryPath.resolve(file, what);
    List<Long> offsets = offsets(path, what);
    AttachType type = session ? AttachType.TRACE_UPROBE_SESSION : AttachType.TRACE_UPROBE_MULTI;
    return program.link(
        this,
        0,
        type,
        0,
        attr -> {
          attr.putString(LinkLayout.UprobeMulti.PATH, path.toAbsolutePath().toString());
          attr.putInt(LinkLayout.UprobeMulti.COUNT, offsets.size());
          attr.putInt(LinkLayout.UprobeMulti.FLAGS, returning ? RETURN : 0);
          attr.putInt(LinkLayout.UprobeMulti.PID, pid < 0 ? 0 : pid);
          long table = attr.putBuffer(LinkLayout.UprobeMulti.OFFSETS, 8L * offsets.size());
          put(table, offsets);
          if (!cookies.isEmpty()) {
            put(attr.putBuffer(LinkLayout.UprobeMulti.COOKIES, 8L * cookies.size()), cookies);
          }
        });
  }

  private static void put(long address, List<Long> values) {
    for (int i = 0; i < values.size(); i++) {
      Memory.putLong(address + 8L * i, values.get(i));
    }
  }

  private List<Long> offsets(Path path, String what) {
    List<Long> offsets = new ArrayList<>();
    for (String function : functions) {
      if (Glob.isPattern(function)) {
        Glob pattern = new Glob(function);
        for (ElfSymbols.Function found : ElfSymbols.functions(path, pattern::matches)) {
          if (!offsets.contains(found.offset())) {
            offsets.add(found.offset());
          }
        }
      } else {
        offsets.add(ElfSymbols.fileOffset(path, function));
      }
    }
    if (offsets.isEmpty()) {
      throw new BpfErrnoException(Errno.ENOENT, what, "no function of that file matches");
    }
    return offsets;
  }

  @Override
  public String describe() {
    String kind = session ? "uprobe.session " : returning ? "uretprobe.multi " : "uprobe.multi ";
    return kind + file + ":" + String.join(",", functions);
  }
}
