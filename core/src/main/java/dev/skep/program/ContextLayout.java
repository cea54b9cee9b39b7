package dev.skep.program;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The context of a program type as programs see it: which bytes may be loaded and stored, in which
 * sizes, and what a load gives (is_valid_access of the type's verifier operations). Measured on
 * Linux 6.18.
 *
 * <p>A layout is written as tokens: {@code n0-48} are 4-byte fields from byte 0 to 48 that may also
 * be loaded in part, {@code s212} one whose parts must start where it does; {@code c48-68} plain
 * bytes, in any aligned size; {@code 76:4=pkt} a field of that size alone, which gives a pointer;
 * {@code 12-20:4} several fields; {@code 168-176:1/2/4/8} fields that may be loaded in part. A type
 * may have another layout for an attach type, by number.
 */
public final class ContextLayout {
  /** What a load gives. */
  public enum Value {
    SCALAR(""),
    PACKET("pkt"),
    PACKET_END("pkt_end"),
    PACKET_META("pkt_meta"),
    FLOW_KEYS("flow_keys"),
    SOCKET("sock"),
    SOCKET_OR_NULL("sock_or_null"),
    SOCK_COMMON_OR_NULL("sock_common_or_null"),
    /** What a tracepoint lets its programs write. */
    TRACEPOINT_BUFFER("tp_buffer"),
    /** Trusted pointers to structs of the kernel. */
    HOOK_STATE("nf_hook_state"),
    SOCKET_BUFFER("sk_buff");

    private final String token;

    Value(String token) {
      this.token = token;
    }

    private static Value of(String token) {
      for (Value value : values()) {
        if (value.token.equals(token)) {
          return value;
        }
      }
      throw new IllegalArgumentException("context value " + token);
    }
  }

  private static final String CALLBACK_FIELDS = "c48-68";

  private static final String[][] TABLE = {
    {
      "socket_filter",
      "n0-48 " + CALLBACK_FIELDS + " n68-72 n84-88 n164-168 168:8=sock_common_or_null n176-180",
      CALLBACK_FIELDS
    },
    {
      "sched_cls sched_act",
      "n0-48 "
          + CALLBACK_FIELDS
          + " n68-76 76:4=pkt 80:4=pkt_end n84-88 140:4=pkt_meta 152:8 n160-168"
          + " 168:8=sock_common_or_null n176-180 180:1 184:8",
      "8-16:4 32:4 44:4 " + CALLBACK_FIELDS + " 72:4 152:8"
    },
    {"xdp", "0:4=pkt 4:4=pkt_end 8:4=pkt_meta 12-20:4", ""},
    {"xdp/33", "0:4=pkt 4:4=pkt_end 8:4=pkt_meta 12-24:4", ""},
    {"kprobe", "c0-168", ""},
    {"tracepoint", "c8-8192", ""},
    {"raw_tracepoint", "c0-96", ""},
    {"raw_tracepoint_writable", "0:8=tp_buffer c1-96", ""},
    {"perf_event", "0-168:8 168-184:1/2/4/8", ""},
    {
      "cgroup_skb",
      "n0-48 "
          + CALLBACK_FIELDS
          + " n68-72 76:4=pkt 80:4=pkt_end n84-92 92-132:4 n132-140 152:8 n164-168"
          + " 168:8=sock_common_or_null n176-180 184:8",
      "8:4 32:4 " + CALLBACK_FIELDS + " 152:8"
    },
    {
      "sk_skb",
      "n0-8 n12-48 "
          + CALLBACK_FIELDS
          + " n68-72 76:4=pkt 80:4=pkt_end n84-92 92-132:4 n132-140 n164-168"
          + " 168:8=sock_common_or_null n176-180",
      "32:4 44:4"
    },
    {
      "lwt_in lwt_out lwt_xmit lwt_seg6local",
      "n0-48 "
          + CALLBACK_FIELDS
          + " n68-72 76:4=pkt 80:4=pkt_end n84-88 n164-168 168:8=sock_common_or_null n176-180",
      "8:4 32:4 " + CALLBACK_FIELDS
    },
    {
      "sock_ops",
      "0-168:4 168-184:8 184:8=sock_or_null 192:8=pkt 200:8=pkt_end 208:4 s212 216:8",
      "4:4 164:4"
    },
    {"sk_msg", "0:8=pkt 8:8=pkt_end 16-72:4 72:8=sock", ""},
    {"cgroup_device", "n0-4 4-12:4", ""},
    {"cgroup_sysctl", "n0-8", "4:4"},
    {"cgroup_sockopt/21", "0:8=sock 8:8=pkt 16:8=pkt_end 24-40:4", "32-40:4"},
    {"cgroup_sockopt/22", "0:8=sock 8:8=pkt 16:8=pkt_end 24-36:4", "24-36:4"},
    {
      "cgroup_sock/2 cgroup_sock/34",
      "0:4 s4 s8 s12 16-24:4 48:4 48-50:1/2 n52-72 s72 s76",
      "0:4 16-24:4"
    },
    {"cgroup_sock/12", "s4 s8 s12 n24-28 s44 48:4 48-50:1/2 n52-72 s72 s76", ""},
    {"cgroup_sock/13", "s4 s8 s12 n28-44 s44 48:4 48-50:1/2 n52-72 s72 s76", ""},
    {
      "cgroup_sock_addr/8 cgroup_sock_addr/10 cgroup_sock_addr/19 cgroup_sock_addr/29 "
          + "cgroup_sock_addr/31",
      "0:4 n4-8 n24-28 28-40:4 64:8=sock",
      "4:4 24:4"
    },
    {
      "cgroup_sock_addr/9 cgroup_sock_addr/11 cgroup_sock_addr/20 cgroup_sock_addr/30 "
          + "cgroup_sock_addr/32",
      "0:4 8:8 16:8 n8-24 n24-28 28-40:4 64:8=sock",
      "8:8 16:8 8-28:4"
    },
    {"cgroup_sock_addr/14", "0:4 n4-8 n24-28 28-40:4 n40-44 64:8=sock", "4:4 24:4 40:4"},
    {
      "cgroup_sock_addr/15",
      "0:4 8:8 16:8 n8-24 n24-28 28-40:4 48:8 n44-60 64:8=sock",
      "8:8 16:8 8-28:4 48:8 44-60:4"
    },
    {
      "cgroup_sock_addr/49 cgroup_sock_addr/50 cgroup_sock_addr/51 cgroup_sock_addr/52 "
          + "cgroup_sock_addr/53",
      "0:4 n24-28 28-40:4 64:8=sock",
      "24:4"
    },
    {"sk_lookup", "0:8=sock_or_null n8-36 36:4 36-40:1/2 n40-68", ""},
    {"flow_dissector", "76:4=pkt 80:4=pkt_end 144:8=flow_keys", ""},
    {
      "sk_reuseport",
      "0:8=pkt 8:8=pkt_end n16-20 20:2/4 22:2 n24-32 32:4 40:8=sock 48:8=sock_common_or_null",
      ""
    },
    {"netfilter", "0:8=nf_hook_state 8:8=sk_buff", ""},
    // Any offset below 0xffff.
    {"syscall", "c0-65535 65528:8 65532:4 65534:2", "c0-65535 65528:8 65532:4 65534:2"},
  };

  /** By the name of the type, or name and attach type. */
  private static final Map<String, ContextLayout> LAYOUTS = new HashMap<>();

  static {
    for (String[] row : TABLE) {
      ContextLayout layout = new ContextLayout(parse(row[1]), parse(row[2]));
      for (String name : row[0].split(" ", -1)) {
        LAYOUTS.put(name, layout);
      }
    }
  }

  /** A run of equal fields. */
  private record Run(
      int start, int end, int width, int sizes, boolean partial, boolean startOnly, Value value) {
    boolean allows(int off, int size) {
      if (off < start || off + size > end || (sizes & size) == 0 || off % size != 0) {
        return false;
      }
      int within = (off - start) % width;
      return partial && !startOnly ? within + size <= width : within == 0;
    }
  }

  private final Run[] reads;
  private final Run[] writes;

  private ContextLayout(Run[] reads, Run[] writes) {
    this.reads = reads;
    this.writes = writes;
  }

  private static Run[] parse(String text) {
    if (text.isEmpty()) {
      return new Run[0];
    }
    String[] tokens = text.split(" ", -1);
    Run[] runs = new Run[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      runs[i] = run(tokens[i]);
    }
    return runs;
  }

  private static Run run(String token) {
    char kind = token.charAt(0);
    if (kind == 's') {
      int start = Integer.parseInt(token.substring(1));
      return new Run(start, start + 4, 4, 1 | 2 | 4, true, true, Value.SCALAR);
    }
    if (kind == 'n' || kind == 'c') {
      int dash = token.indexOf('-');
      int start = Integer.parseInt(token.substring(1, dash));
      int end = Integer.parseInt(token.substring(dash + 1));
      return kind == 'n'
          ? new Run(start, end, 4, 1 | 2 | 4, true, false, Value.SCALAR)
          : new Run(start, end, end - start, 15, true, false, Value.SCALAR);
    }
    int colon = token.indexOf(':');
    int equals = token.indexOf('=');
    String place = token.substring(0, colon);
    int dash = place.indexOf('-');
    int sizes = 0;
    int width = 0;
    for (String size :
        token.substring(colon + 1, equals < 0 ? token.length() : equals).split("/", -1)) {
      sizes |= Integer.parseInt(size);
      width = Math.max(width, Integer.parseInt(size));
    }
    int start = Integer.parseInt(dash < 0 ? place : place.substring(0, dash));
    int end = dash < 0 ? start + width : Integer.parseInt(place.substring(dash + 1));
    Value value = Value.of(equals < 0 ? "" : token.substring(equals + 1));
    return new Run(start, end, width, sizes, sizes != width, false, value);
  }

  /**
   * The layout of a type, or null when it was not measured.
   *
   * @param attachType number of the expected attach type
   */
  public static @Nullable ContextLayout of(ProgramType type, int attachType) {
    ContextLayout special = LAYOUTS.get(type.text() + "/" + attachType);
    return special != null ? special : LAYOUTS.get(type.text());
  }

  /** What a load of {@code size} bytes at {@code off} gives, or null if it is not allowed. */
  public @Nullable Value read(int off, int size) {
    for (Run run : reads) {
      if (run.allows(off, size)) {
        return run.value;
      }
    }
    return null;
  }

  /**
   * Bytes of the field that a load lies in, where parts of it may be loaded and the whole field is
   * to be converted (ctx_field_size), else 0.
   */
  public int fieldSize(int off, int size) {
    for (Run run : reads) {
      if (run.allows(off, size)) {
        return run.partial && run.width <= 8 ? run.width : 0;
      }
    }
    return 0;
  }

  /** Whether a store of {@code size} bytes at {@code off} is allowed. */
  public boolean write(int off, int size) {
    for (Run run : writes) {
      if (run.allows(off, size)) {
        return true;
      }
    }
    return false;
  }
}
