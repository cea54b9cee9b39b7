package dev.skep.skeleton;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import javax.lang.model.SourceVersion;

/**
 * Names of Java for names of C, each used once in its scope: {@code rx_packets} is {@code
 * rxPackets} as a method and {@code RxPackets} as a class. What Java keeps for itself gets an
 * underscore.
 */
final class JavaNames {
  /** Methods of every object that a getter cannot be named like. */
  private static final Set<String> OF_OBJECT =
      Set.of(
          "getClass", "hashCode", "toString", "notify", "notifyAll", "wait", "clone", "finalize");

  private final Set<String> used = new HashSet<>();

  JavaNames(String... reserved) {
    used.addAll(Set.of(reserved));
  }

  /** A name of its own for a class. */
  String type(String c) {
    return unique(camel(c, true));
  }

  /** A name of its own for a method. */
  String method(String c) {
    String name = camel(c, false);
    return unique(OF_OBJECT.contains(name) ? name + "_" : name);
  }

  /** A name of its own for a constant, as it is in C. */
  String constant(String c) {
    return unique(valid(c));
  }

  private String unique(String wanted) {
    String name = wanted;
    for (int i = 2; !used.add(name); i++) {
      name = wanted + i;
    }
    return name;
  }

  private static String camel(String c, boolean first) {
    StringBuilder name = new StringBuilder();
    boolean upper = first;
    for (int i = 0; i < c.length(); i++) {
      char each = c.charAt(i);
      if (!Character.isLetterOrDigit(each) || each > '~') {
        upper = !name.isEmpty() || first;
      } else {
        name.append(upper ? Character.toUpperCase(each) : each);
        upper = false;
      }
    }
    boolean shouted = !first && name.length() > 1 && isUpperCase(name);
    return valid(shouted ? name.toString().toLowerCase(Locale.ROOT) : decapitalized(name, first));
  }

  private static boolean isUpperCase(CharSequence name) {
    return name.chars().noneMatch(Character::isLowerCase);
  }

  private static String decapitalized(StringBuilder name, boolean first) {
    if (!first && !name.isEmpty()) {
      name.setCharAt(0, Character.toLowerCase(name.charAt(0)));
    }
    return name.toString();
  }

  private static String valid(String name) {
    String start =
        name.isEmpty() || !Character.isJavaIdentifierStart(name.charAt(0)) ? "_" + name : name;
    return SourceVersion.isName(start, SourceVersion.latest()) && !start.equals("_")
        ? start
        : start + "_";
  }

  /** Whether that is a package's name. */
  static boolean isPackage(String name) {
    return SourceVersion.isName(name, SourceVersion.latest());
  }
}
