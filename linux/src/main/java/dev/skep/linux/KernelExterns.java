package dev.skep.linux;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.MalformedException;
import dev.skep.object.BpfObject;
import dev.skep.object.GlobalVariable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Fills what an object wants to know of the running kernel, as libbpf does at load: its types,
 * settings of its build, its version, addresses of its symbols. What the user set stays.
 */
public final class KernelExterns {
  private final BpfObject object;
  private final Btf btf;

  private KernelExterns(BpfObject object, Btf btf) {
    this.object = object;
    this.btf = btf;
  }

  /**
   * Fills it in; files of the kernel are read only if something asks for them. A setting that the
   * kernel does not have stays open: programs that use it cannot be linked then, unless it is weak.
   *
   * @throws MalformedException if a setting's text does not fit the variable
   */
  public static void resolve(BpfObject object) {
    if (object.needsKernelBtf() && !object.hasKernelBtf()) {
      Btf kernel = KernelBtf.types().vmlinux();
      if (kernel != null) {
        object.kernelBtf(kernel);
      }
    }
    object.kernelAddresses(KernelSymbolTable.host());
    Btf btf = object.btf().orElse(null);
    if (btf != null && !object.openSettings().isEmpty()) {
      new KernelExterns(object, btf).settings(KernelFacts.read());
    }
  }

  private void settings(KernelFacts facts) {
    for (GlobalVariable variable : object.openSettings()) {
      String name = variable.name();
      switch (name) {
        case "LINUX_KERNEL_VERSION" -> object.set(name, KernelVersion.code(facts.release()));
        case "LINUX_HAS_BPF_COOKIE" -> flag(variable, Feature.BPF_COOKIE);
        case "LINUX_HAS_SYSCALL_WRAPPER" -> flag(variable, Feature.SYSCALL_WRAPPER);
        default -> {
          String text = facts.config().value(name);
          if (text != null) {
            object.set(name, bytes(variable, text));
          }
        }
      }
    }
  }

  private void flag(GlobalVariable variable, Feature feature) {
    object.set(variable.name(), KernelFeatures.host().has(feature) ? 1 : 0);
  }

  /** The value of a setting's text for a variable of that type (set_kcfg_value of libbpf). */
  private byte[] bytes(GlobalVariable variable, String text) {
    int type = btf.skip(btf.target(variable.typeId()), true);
    boolean text1 = btf.kind(type) == BtfKind.ARRAY;
    if (text.startsWith("\"")) {
      if (!text1) {
        throw bad(variable, text, "char array");
      }
      return text(variable, text);
    }
    if (text1) {
      throw bad(variable, text, text.matches("[ymn]") ? "tristate or char" : "integer");
    }
    Long letter = letter(type, text);
    if (letter == null && text.matches("[ymn]")) {
      throw bad(variable, text, text.equals("m") ? "tristate or char" : "bool, tristate, or char");
    }
    return number(variable, letter == null ? parse(variable, type, text) : letter, text);
  }

  /** What y, n and m stand for: a switch, one of three, or the letter itself; null for none. */
  private @Nullable Long letter(int type, String text) {
    if (!text.matches("[ymn]")) {
      return null;
    }
    if (BtfKind.isAnyEnum(btf.kind(type))) {
      return switch (text) {
        case "y" -> 1L;
        case "m" -> 2L;
        default -> 0L;
      };
    }
    boolean bool = btf.kind(type) == BtfKind.INT && (btf.intEncoding(type) & 4) != 0;
    if (bool) {
      return text.equals("m") ? null : text.equals("y") ? 1L : 0L;
    }
    return btf.size(type) == 1 ? (long) text.charAt(0) : null;
  }

  private long parse(GlobalVariable variable, int type, String text) {
    boolean integer = btf.kind(type) == BtfKind.INT && (btf.intEncoding(type) & 4) == 0;
    if (!integer) {
      throw bad(variable, text, "integer");
    }
    String digits = text.startsWith("-") ? text.substring(1) : text;
    boolean hex = digits.startsWith("0x") || digits.startsWith("0X");
    boolean octal = !hex && digits.length() > 1 && digits.startsWith("0");
    try {
      long value =
          Long.parseUnsignedLong(hex ? digits.substring(2) : digits, hex ? 16 : octal ? 8 : 10);
      return text.startsWith("-") ? -value : value;
    } catch (NumberFormatException e) {
      throw bad(variable, text, "integer");
    }
  }

  private byte[] number(GlobalVariable variable, long value, String text) {
    int spare = 64 - 8 * variable.size();
    if (value << spare >> spare != value && value << spare >>> spare != value) {
      throw new MalformedException(
          "extern (kcfg) '"
              + variable.name()
              + "': value '"
              + text
              + "' doesn't fit in "
              + variable.size()
              + " bytes");
    }
    byte[] bytes = new byte[variable.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (value >>> 8 * i);
    }
    return bytes;
  }

  /** Without the quotes, cut to what the array holds with a NUL at its end. */
  private static byte[] text(GlobalVariable variable, String text) {
    if (text.length() < 2 || !text.endsWith("\"")) {
      throw new MalformedException(
          "extern (kcfg) '" + variable.name() + "': invalid string config '" + text + "'");
    }
    byte[] plain = text.substring(1, text.length() - 1).getBytes(StandardCharsets.UTF_8);
    byte[] bytes = Arrays.copyOf(plain, variable.size());
    bytes[bytes.length - 1] = 0;
    return bytes;
  }

  private static MalformedException bad(GlobalVariable variable, String text, String implied) {
    return new MalformedException(
        "extern (kcfg) '"
            + variable.name()
            + "': value '"
            + text
            + "' implies "
            + implied
            + " type");
  }
}
