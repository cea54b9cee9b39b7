package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What bpf iterators pass to their programs beyond the types of their prototypes (struct
 * bpf_iter_reg), measured on Linux 6.18.
 */
final class IteratorTargets {
  static final String PREFIX = "bpf_iter_";

  /** Target, then offset, letters and struct of each argument that is described. */
  private static final String TABLE =
      """
      bpf_link 8:n:bpf_link
      bpf_map 8:tn:bpf_map
      bpf_map_elem 16:rbn: 24:bn:
      bpf_prog 8:n:bpf_prog
      bpf_sk_storage_map 16:n:sock 24:bn:
      cgroup 8:tn:cgroup
      dmabuf 8:n:dma_buf
      ipv6_route 8:n:fib6_info
      kmem_cache 8:tn:kmem_cache
      ksym 8:n:kallsym_iter
      netlink 8:n:netlink_sock
      sockmap 16:rbn: 24:n:sock
      task 8:tn:task_struct
      task_file 8:n:task_struct 24:n:file
      task_vma 8:n:task_struct 16:n:vm_area_struct
      tcp 8:tn:sock_common
      udp 8:tn:udp_sock
      unix 8:n:unix_sock
      """;

  private IteratorTargets() {}

  /** The described arguments of a function bpf_iter_NAME, or null if there is no such iterator. */
  static @Nullable List<Attachment.Argument> of(String function, Btf vmlinux) {
    String[] row = row(function.substring(PREFIX.length()));
    if (row == null) {
      return null;
    }
    List<Attachment.Argument> arguments = new ArrayList<>();
    for (int i = 1; i < row.length; i++) {
      String[] field = row[i].split(":", -1);
      int struct = field[2].isEmpty() ? 0 : vmlinux.find(field[2], BtfKind.STRUCT);
      arguments.add(new Attachment.Argument(Integer.parseInt(field[0]), type(field[1]), struct));
    }
    return arguments;
  }

  private static String @Nullable [] row(String target) {
    for (String line : TABLE.split("\n", -1)) {
      String[] row = line.split(" ", -1);
      if (row[0].equals(target) && !target.isEmpty()) {
        return row;
      }
    }
    return null;
  }

  /** Letters: b buffer, r read only, t trusted, n may be null. */
  private static int type(String letters) {
    return (letters.contains("b") ? BUF : BTF_ID)
        | (letters.contains("r") ? MEM_RDONLY : 0)
        | (letters.contains("t") ? PTR_TRUSTED : 0)
        | (letters.contains("n") ? MAYBE_NULL : 0);
  }
}
