package dev.skep.linux.link;

import dev.skep.engine.LinkInfo;
import dev.skep.linux.sys.Attr;
import dev.skep.linux.sys.AttrLayout;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.linux.sys.LinkLayout.Info;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import dev.skep.program.AttachType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** {@code struct bpf_link_info} in words. */
public final class LinkInfos {
  /** enum bpf_link_type, by bpftool's names. */
  private static final String[] TYPES = {
    "unspec",
    "raw_tracepoint",
    "tracing",
    "cgroup",
    "iter",
    "netns",
    "xdp",
    "perf_event",
    "kprobe_multi",
    "struct_ops",
    "netfilter",
    "tcx",
    "uprobe_multi",
    "netkit",
    "sockmap"
  };

  /** enum bpf_perf_event_type. */
  private static final String[] PERF_TYPES = {
    "perf event", "uprobe", "uretprobe", "kprobe", "kretprobe", "tracepoint", "perf event"
  };

  private static final int NAME_ROOM = 4096;

  private LinkInfos() {}

  /** The info of a descriptor. */
  public static LinkInfo of(Syscalls syscalls, int link) {
    return of(new LinkCommands(new Bpf(syscalls)), link);
  }

  static LinkInfo of(LinkCommands commands, int link) {
    ByteBuffer info = read(commands.info(link));
    int type = info.getInt(Info.TYPE);
    String name = type >= 0 && type < TYPES.length ? TYPES[type] : "type " + type;
    return new LinkInfo(
        name, info.getInt(Info.ID), info.getInt(Info.PROG_ID), target(commands, link, name, info));
  }

  private static ByteBuffer read(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  private static String target(LinkCommands commands, int link, String type, ByteBuffer info) {
    int detail = info.getInt(Info.DETAIL);
    int attachType = info.getInt(Info.DETAIL_ATTACH_TYPE);
    return switch (type) {
      case "xdp" -> "ifindex " + Integer.toUnsignedString(detail);
      case "tcx", "netkit" ->
          attach(attachType) + " of ifindex " + Integer.toUnsignedString(detail);
      case "netns" -> attach(attachType) + " of netns " + Integer.toUnsignedString(detail);
      case "sockmap" -> attach(attachType) + " of map " + Integer.toUnsignedString(detail);
      case "cgroup" ->
          attach(info.getInt(Info.CGROUP_ATTACH_TYPE)) + " of cgroup " + info.getLong(Info.DETAIL);
      case "tracing" -> attach(detail) + " of btf id " + info.getInt(Info.TARGET_BTF_ID);
      case "netfilter" ->
          "family "
              + detail
              + " hook "
              + attachType
              + " priority "
              + info.getInt(Info.TARGET_BTF_ID);
      case "raw_tracepoint", "iter" -> named(commands, link, Info.NAME, Info.NAME_BYTES);
      case "perf_event" -> perf(commands, link, detail);
      case "kprobe_multi" -> info.getInt(Info.KPROBE_MULTI_COUNT) + " functions";
      case "uprobe_multi" ->
          info.getInt(Info.UPROBE_MULTI_COUNT)
              + " places in "
              + named(commands, link, Info.NAME, Info.UPROBE_MULTI_PATH_BYTES);
      default -> "";
    };
  }

  private static String attach(int number) {
    AttachType type = AttachType.ofNumber(number);
    return type == null ? "attach type " + number : type.text();
  }

  private static String perf(LinkCommands commands, int link, int type) {
    String kind = type >= 0 && type < PERF_TYPES.length ? PERF_TYPES[type] : "type " + type;
    String name =
        kind.equals("perf event")
            ? ""
            : named(commands, link, Info.PERF_NAME, Info.PERF_NAME_BYTES);
    return name.isEmpty() ? kind : kind + " " + name;
  }

  /** Asks again, with room for the name that the kernel writes. */
  private static String named(LinkCommands commands, int link, int pointerAt, int lengthAt) {
    try (Attr attr = new Attr()) {
      long room = attr.allocate(NAME_ROOM);
      long info = attr.putBuffer(AttrLayout.Info.INFO, Info.BYTES);
      Memory.putLong(info + pointerAt, room);
      Memory.putInt(info + lengthAt, NAME_ROOM);
      commands.info(link, attr, info);
      byte[] bytes = Attr.read(room, NAME_ROOM);
      int end = 0;
      while (end < bytes.length && bytes[end] != 0) {
        end++;
      }
      return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }
  }
}
