package dev.skep.linux.link;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;

/** The place that a section's name means, as libbpf's bpf_program__attach reads it. */
final class SectionPlace {
  private SectionPlace() {}

  /**
   * @throws UnsupportedException if programs of that section are attached by hand only
   * @throws MalformedException if the name breaks the rules of its kind
   */
  static KernelAttachPoint of(Program program) {
    if (program.type() == ProgramType.EXT) {
      return BtfHook.OF_PROGRAM;
    }
    String rest = program.attachTo();
    String section = program.section();
    if (rest == null || section.length() <= rest.length()) {
      throw byHand(program);
    }
    String kind = section.substring(0, section.length() - rest.length() - 1);
    // Sleepable programs are attached like others.
    return switch (kind.endsWith(".s") ? kind.substring(0, kind.length() - 2) : kind) {
      case "kprobe" -> kprobe(rest, false, section);
      case "kretprobe" -> kprobe(rest, true, section);
      case "ksyscall" -> Kprobe.entry(syscall(rest));
      case "kretsyscall" -> Kprobe.exit(syscall(rest));
      case "kprobe.multi" -> KprobeMulti.entry(rest);
      case "kretprobe.multi" -> KprobeMulti.exit(rest);
      case "kprobe.session" -> KprobeMulti.session(rest);
      case "uprobe" -> uprobe(rest, false, section);
      case "uretprobe" -> uprobe(rest, true, section);
      case "uprobe.multi" -> UprobeMulti.entry(file(rest, section), function(rest));
      case "uretprobe.multi" -> UprobeMulti.exit(file(rest, section), function(rest));
      case "uprobe.session" -> UprobeMulti.session(file(rest, section), function(rest));
      case "tp", "tracepoint" -> tracepoint(rest, section);
      case "raw_tp", "raw_tracepoint", "raw_tp.w", "raw_tracepoint.w" -> RawTracepoint.of(rest);
      case "tp_btf", "fentry", "fexit", "fmod_ret", "lsm" -> BtfHook.OF_PROGRAM;
      case "iter" -> Iter.all();
      case "usdt" -> throw new UnsupportedException("attach of section \"" + section + "\": usdt");
      default -> throw byHand(program);
    };
  }

  private static UnsupportedException byHand(Program program) {
    return new UnsupportedException(
        "attach of program \""
            + program.name()
            + "\": section \""
            + program.section()
            + "\" names no place; attach it to one");
  }

  private static MalformedException bad(String section, String what) {
    return new MalformedException("section \"" + section + "\": " + what);
  }

  private static KernelAttachPoint kprobe(String rest, boolean returning, String section) {
    int plus = rest.lastIndexOf('+');
    String function = plus < 0 ? rest : rest.substring(0, plus);
    boolean name =
        !function.isEmpty()
            && function.chars().allMatch(c -> c == '_' || c == '.' || c < 128 && isAlnum(c));
    if (!name) {
      throw bad(section, "kprobe name is invalid: " + rest);
    }
    long offset = plus < 0 ? 0 : number(rest.substring(plus + 1), section);
    if (returning && offset != 0) {
      throw bad(section, "kretprobes do not support offset specification");
    }
    return returning ? Kprobe.exit(function) : Kprobe.entry(function).at(offset);
  }

  private static boolean isAlnum(int c) {
    return Character.isLetterOrDigit(c);
  }

  /** As strtol with base 0. */
  private static long number(String text, String section) {
    try {
      if (text.startsWith("0x") || text.startsWith("0X")) {
        return Long.parseUnsignedLong(text.substring(2), 16);
      }
      boolean octal = text.length() > 1 && text.startsWith("0");
      return Long.parseUnsignedLong(text, octal ? 8 : 10);
    } catch (NumberFormatException none) {
      throw bad(section, "offset \"" + text + "\" is no number");
    }
  }

  /** The kernel's function of a system call. */
  private static String syscall(String name) {
    return switch (System.getProperty("os.arch", "")) {
      case "amd64", "x86_64" -> "__x64_sys_" + name;
      case "aarch64" -> "__arm64_sys_" + name;
      default -> "__se_sys_" + name;
    };
  }

  private static KernelAttachPoint uprobe(String rest, boolean returning, String section) {
    String file = file(rest, section);
    String function = function(rest);
    long offset = 0;
    int plus = function.lastIndexOf('+');
    if (plus >= 0) {
      offset = number(function.substring(plus + 1), section);
      function = function.substring(0, plus);
    } else if (!function.isEmpty() && Character.isDigit(function.charAt(0))) {
      offset = number(function, section);
      function = "";
    }
    if (returning && offset != 0) {
      throw bad(section, "uretprobes do not support offset specification");
    }
    return returning ? Uprobe.exit(file, function) : Uprobe.entry(file, function).at(offset);
  }

  private static String file(String rest, String section) {
    int colon = rest.indexOf(':');
    if (colon <= 0 || colon == rest.length() - 1) {
      throw bad(section, "missing ':function[+offset]' specification");
    }
    return rest.substring(0, colon);
  }

  private static String function(String rest) {
    return rest.substring(rest.indexOf(':') + 1);
  }

  private static KernelAttachPoint tracepoint(String rest, String section) {
    int slash = rest.indexOf('/');
    if (slash <= 0 || slash == rest.length() - 1) {
      throw bad(section, "a tracepoint is CATEGORY/NAME");
    }
    return Tracepoint.of(rest.substring(0, slash), rest.substring(slash + 1));
  }
}
