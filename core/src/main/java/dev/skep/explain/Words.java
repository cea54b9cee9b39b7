package dev.skep.explain;

import static dev.skep.verify.RegType.*;

import dev.skep.program.MapSpec;
import dev.skep.verify.KnownValue;
import dev.skep.verify.RegType;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** States of registers in words. */
final class Words {
  private static final Pattern PARENTHESES = Pattern.compile("\\(.*");

  private Words() {}

  /** What is known of a register or slot, as "a number from 0 to 65535". */
  static String of(KnownValue value) {
    if (!value.isWritten()) {
      return "not written on this path";
    }
    if (value.type() == NOT_INIT) {
      return "bytes of the stack";
    }
    if (value.isScalar()) {
      return number(value);
    }
    String text = pointer(value);
    if (!value.isConstant()) {
      text += ", moved by " + range(value);
    }
    if (value.off() != 0) {
      text += (value.off() > 0 ? " plus " : " minus ") + Math.abs((long) value.off()) + " bytes";
    }
    return text + (value.mayBeNull() ? ", or NULL" : "");
  }

  private static String number(KnownValue value) {
    return value.isConstant() ? "the number " + value.smin() : "a number: " + range(value);
  }

  /** The bounds of a number or of the variable part of an offset. */
  static String range(KnownValue value) {
    boolean signedTop = value.smin() == Long.MIN_VALUE && value.smax() == Long.MAX_VALUE;
    boolean unsignedTop = value.umin() == 0 && value.umax() == -1;
    if (value.isConstant()) {
      return Long.toString(value.smin());
    }
    if (signedTop && unsignedTop) {
      return "anything";
    }
    if (unsignedTop || value.smin() < 0 && value.umax() < 0) {
      return least(value.smin()) + " to " + most(value.smax());
    }
    return Long.toUnsignedString(value.umin())
        + " to "
        + (value.umax() == -1 ? "anything" : Long.toUnsignedString(value.umax()));
  }

  /** The same in a few characters, as "0..64", "value of slots + 0..256", "packet, 14 proved". */
  static String brief(KnownValue value) {
    if (!value.isWritten()) {
      return "nothing";
    }
    if (value.type() == NOT_INIT) {
      return value.text().chars().allMatch(c -> c == '0') ? "zeros" : "bytes " + value.text();
    }
    if (value.isScalar()) {
      return span(value);
    }
    String text = briefPointer(value);
    if (value.off() != 0) {
      text += (value.off() > 0 ? " + " : " - ") + Math.abs((long) value.off());
    }
    if (!value.isConstant()) {
      text += " + " + span(value);
    } else if (value.smin() != 0) {
      text += (value.smin() > 0 ? " + " : " - ") + Math.abs(value.smin());
    }
    if (RegType.base(value.type()) == PACKET || RegType.base(value.type()) == PACKET_META) {
      text += ", " + (value.range() >= 0 ? value.range() + " bytes proved" : "behind the end");
    }
    return text + (value.mayBeNull() ? ", or NULL" : "");
  }

  private static String span(KnownValue value) {
    if (value.isConstant()) {
      return plain(value.smin());
    }
    boolean unsignedTop = value.umin() == 0 && value.umax() == -1;
    boolean bySign = unsignedTop || value.smin() < 0 && value.umax() < 0;
    String low = bySign ? plain(value.smin()) : unsigned(value.umin());
    String high = bySign ? plain(value.smax()) : unsigned(value.umax());
    return value.smin() == Long.MIN_VALUE && value.smax() == Long.MAX_VALUE && unsignedTop
        ? "any number"
        : low + ".." + high;
  }

  private static String plain(long number) {
    return number == Long.MIN_VALUE
        ? "min"
        : number == Long.MAX_VALUE ? "max" : Long.toString(number);
  }

  private static String unsigned(long number) {
    return number == -1 ? "max" : Long.toUnsignedString(number);
  }

  private static String briefPointer(KnownValue value) {
    MapSpec map = value.map();
    String named = map == null || map.name().isEmpty() ? "map" : map.name();
    return switch (RegType.base(value.type())) {
      case CTX -> "ctx";
      case CONST_PTR_TO_MAP -> "map " + named;
      case MAP_VALUE -> "value of " + named;
      case MAP_KEY -> "key of " + named;
      case STACK -> "fp";
      case PACKET -> "packet";
      case PACKET_META -> "metadata";
      case PACKET_END -> "packet end";
      case MEM -> bytes(value.range()) + " of memory";
      case BTF_ID -> PARENTHESES.matcher(value.text()).replaceFirst("");
      default -> value.typeText();
    };
  }

  private static String least(long smin) {
    return smin == Long.MIN_VALUE ? "any negative number" : Long.toString(smin);
  }

  private static String most(long smax) {
    return smax == Long.MAX_VALUE ? "anything" : Long.toString(smax);
  }

  private static String pointer(KnownValue value) {
    int type = value.type();
    return switch (RegType.base(type)) {
      case CTX -> "the context";
      case CONST_PTR_TO_MAP -> "the map" + quoted(value.map());
      case MAP_VALUE -> "a value" + ofMap(value.map());
      case MAP_KEY -> "a key" + ofMap(value.map());
      case STACK -> "the stack";
      case PACKET -> "the packet, of which " + proved(value.range());
      case PACKET_META -> "the packet's metadata, of which " + proved(value.range());
      case PACKET_END -> "the packet's end";
      case MEM ->
          (type & MEM_RDONLY) != 0
              ? bytes(value.range()) + " of read-only memory"
              : bytes(value.range()) + " of memory";
      case BTF_ID ->
          trust(type) + "an object (" + PARENTHESES.matcher(value.text()).replaceFirst("") + ")";
      case SOCKET, SOCK_COMMON, TCP_SOCK, XDP_SOCK -> "a socket (" + value.typeText() + ")";
      case FUNC -> "a function";
      default -> "a pointer (" + value.typeText() + ")";
    };
  }

  private static String trust(int type) {
    return (type & PTR_UNTRUSTED) != 0 ? "an untrusted pointer to " : "";
  }

  static String proved(long range) {
    return range > 0
        ? range + " bytes are proved"
        : range == 0 ? "no byte is proved" : "nothing is there: it lies at or behind the end";
  }

  private static String quoted(@Nullable MapSpec map) {
    return map == null || map.name().isEmpty() ? "" : " \"" + map.name() + "\"";
  }

  private static String ofMap(@Nullable MapSpec map) {
    return map == null ? "" : " of map" + quoted(map) + " (" + map.valueSize() + " bytes)";
  }

  /** "1 byte", "8 bytes". */
  static String bytes(long count) {
    return count + (count == 1 ? " byte" : " bytes");
  }
}
