package dev.skep.testing;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.btf.BtfType.Member;
import dev.skep.errors.Errno;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * BTF whose structs have special fields, with what BPF_BTF_LOAD of Linux 6.18 says to it. Kept
 * where tests of several modules find them: one holds Skep to them, another the running kernel.
 */
public final class ObjectFieldCases {
  /**
   * One BTF.
   *
   * @param errno 0 if the kernel takes it
   */
  public record Case(String name, int errno, Btf btf) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final String LOCK = "lock:bpf_spin_lock:16";
  private static final String HEAD = "head:bpf_list_head:0";
  private static final String ITEM_TAG = "head contains:item:node";

  private final List<Case> cases = new ArrayList<>();
  private BtfBuilder builder = BtfBuilder.create();
  private Map<String, Integer> ids = new HashMap<>();
  private Map<String, List<String>> memberNames = new HashMap<>();

  private ObjectFieldCases() {
    begin();
  }

  /** All of them. */
  public static List<Case> all() {
    ObjectFieldCases all = new ObjectFieldCases();
    all.tags();
    all.nodes();
    all.company();
    all.places();
    all.owners();
    return List.copyOf(all.cases);
  }

  private void tags() {
    item();
    struct("owner", 24, HEAD, LOCK);
    tag("owner", ITEM_TAG);
    add("owner of items", 0);
    item();
    struct("owner", 24, HEAD, LOCK);
    add("no tag", Errno.EINVAL);
    item();
    struct("owner", 24, HEAD, LOCK);
    tag("owner", ITEM_TAG);
    tag("owner", ITEM_TAG);
    add("two tags", Errno.EINVAL);
    item();
    struct("owner", 24, HEAD, LOCK);
    tag("owner", "lock contains:item:node");
    add("tag of another member", Errno.EINVAL);
    item();
    struct("owner", 24, HEAD, LOCK);
    tag("owner", "head contains:item");
    add("tag without a node", Errno.EINVAL);
    item();
    struct("owner", 24, HEAD, LOCK);
    tag("owner", "head contains:item:");
    add("tag with an empty node", Errno.EINVAL);
    item();
    struct("owner", 24, HEAD, LOCK);
    tag("owner", "head contains:thing:node");
    add("tag of an unknown type", Errno.ENOENT);
  }

  private void nodes() {
    item();
    struct("owner", 24, HEAD, LOCK);
    tag("owner", "head contains:item:link");
    add("unknown node", Errno.ENOENT);
    struct("item", 32, "node:bpf_rb_node:0");
    struct("owner", 24, HEAD, LOCK);
    tag("owner", ITEM_TAG);
    add("node of a tree in a list", Errno.EINVAL);
    struct("item", 32, "node:long:0", "other:bpf_list_node:8");
    struct("owner", 24, HEAD, LOCK);
    tag("owner", ITEM_TAG);
    add("node that is a number", Errno.EINVAL);
    struct("item", 48, "node:bpf_list_node:0", "node:bpf_list_node:24");
    struct("owner", 24, HEAD, LOCK);
    tag("owner", ITEM_TAG);
    add("two nodes of one name", Errno.EINVAL);
    struct("inner", 24, "node:bpf_list_node:0");
    struct("item", 24, "node:inner:0");
    struct("owner", 24, HEAD, LOCK);
    tag("owner", ITEM_TAG);
    add("node in a struct in the item", Errno.EINVAL);
  }

  private void company() {
    item();
    struct("owner", 16, HEAD);
    tag("owner", ITEM_TAG);
    add("no lock", Errno.EINVAL);
    item();
    struct("owner", 24, HEAD, LOCK, "more:bpf_spin_lock:20");
    tag("owner", ITEM_TAG);
    add("two locks", Errno.E2BIG);
    struct("item", 56, "node:bpf_list_node:0", "branch:bpf_rb_node:24");
    add("two kinds of node, not counted", Errno.EINVAL);
    struct("item", 64, "node:bpf_list_node:0", "branch:bpf_rb_node:24", "n:bpf_refcount:56");
    add("two kinds of node, counted", 0);
    struct("item", 48, "node:bpf_list_node:0", "next:bpf_list_node:24");
    add("two nodes of a kind", 0);
    struct("counted", 16, "n:bpf_refcount:0", "m:bpf_refcount:8");
    add("two counts", 0);
    item();
    String[] members = new String[12];
    for (int i = 0; i < 11; i++) {
      members[i] = "head" + i + ":bpf_list_head:" + 16 * i;
    }
    members[11] = "lock:bpf_spin_lock:176";
    struct("owner", 184, members);
    for (int i = 0; i < 11; i++) {
      tag("owner", "head" + i + " contains:item:node");
    }
    add("twelve fields", Errno.E2BIG);
  }

  private void places() {
    struct("item", 32, "k:int:0", "node:bpf_list_node:4");
    add("crooked node", Errno.EFAULT);
    struct("item", 48, "node:bpf_list_node:0", "next:bpf_list_node:16");
    add("nodes in one another", Errno.EEXIST);
    struct("item", 72, "node:bpf_list_node:0", "more:two_nodes:24");
    add("array of nodes", Errno.EINVAL);
    struct("inner", 24, "node:bpf_list_node:0");
    struct("outer", 24, "inner:inner:0");
    add("node in a struct in a struct", 0);
    struct("item", 24, "node:bpf_list_node:0", "bits:int:3.4");
    add("bits", Errno.EINVAL);
  }

  private void owners() {
    struct("item", 48, HEAD, LOCK, "node:bpf_list_node:24");
    tag("item", ITEM_TAG);
    add("owner of itself", Errno.ELOOP);
    struct("item", 48, HEAD, LOCK, "node:bpf_list_node:24");
    struct("other", 48, HEAD, LOCK, "node:bpf_list_node:24");
    tag("item", "head contains:other:node");
    tag("other", ITEM_TAG);
    add("owners of one another", Errno.ELOOP);
    item("leaf");
    struct("item", 48, HEAD, LOCK, "node:bpf_list_node:24");
    tag("item", "head contains:leaf:node");
    struct("owner", 24, HEAD, LOCK);
    tag("owner", ITEM_TAG);
    add("owner of owners", 0);
    item("leaf");
    struct("item", 48, HEAD, LOCK, "node:bpf_list_node:24");
    tag("item", "head contains:leaf:node");
    struct("middle", 48, HEAD, LOCK, "node:bpf_list_node:24");
    tag("middle", ITEM_TAG);
    struct("owner", 24, HEAD, LOCK);
    tag("owner", "head contains:middle:node");
    add("owner of owners of owners", Errno.ELOOP);
    struct("item", 56, "head:bpf_rb_root:0", LOCK, "node:bpf_rb_node:24");
    tag("item", ITEM_TAG);
    add("tree of trees", Errno.ELOOP);
  }

  // Building ----------------------------------------------------------------------------------

  private void begin() {
    builder = BtfBuilder.create();
    ids = new HashMap<>();
    memberNames = new HashMap<>();
    ids.put("int", builder.add(new BtfType.Int("int", 4, 1, 0, 32)));
    int number = builder.add(new BtfType.Int("long", 8, 1, 0, 64));
    ids.put("long", number);
    ids.put("two", builder.add(new BtfType.Array(number, 1, 2)));
    ids.put("three", builder.add(new BtfType.Array(number, 1, 3)));
    ids.put("four", builder.add(new BtfType.Array(number, 1, 4)));
    struct("bpf_spin_lock", 4, "v:int:0");
    struct("bpf_refcount", 4, "v:int:0");
    struct("bpf_list_head", 16, "v:two:0");
    struct("bpf_list_node", 24, "v:three:0");
    struct("bpf_rb_root", 16, "v:two:0");
    struct("bpf_rb_node", 32, "v:four:0");
    ids.put("two_nodes", builder.add(new BtfType.Array(id("bpf_list_node"), 1, 2)));
  }

  private int id(String name) {
    return Objects.requireNonNull(ids.get(name), name);
  }

  private void item() {
    item("item");
  }

  private void item(String name) {
    struct(name, 32, "node:bpf_list_node:0", "key:long:24");
  }

  /**
   * Adds a struct.
   *
   * @param members as "name:type:offset", bit fields as "name:type:offset.bits" with the offset in
   *     bytes and four bits more
   */
  private void struct(String name, int size, String... members) {
    List<Member> list = new ArrayList<>();
    List<String> names = new ArrayList<>();
    boolean bitfields = String.join(" ", members).contains(".");
    for (String member : members) {
      String[] part = member.split(":", -1);
      String[] place = part[2].split("\\.", -1);
      int bits = place.length > 1 ? Integer.parseInt(place[1]) : 0;
      int offset = 8 * Integer.parseInt(place[0]) + bits;
      list.add(new Member(part[0], id(part[1]), offset, bits));
      names.add(part[0]);
    }
    ids.put(name, builder.add(new BtfType.Struct(name, size, bitfields, list)));
    memberNames.put(name, names);
  }

  /** Hangs a tag on a member, as "member tag". */
  private void tag(String struct, String text) {
    int space = text.indexOf(' ');
    List<String> names = Objects.requireNonNull(memberNames.get(struct), struct);
    int member = names.indexOf(text.substring(0, space));
    builder.add(new BtfType.DeclTag(text.substring(space + 1), id(struct), member, false));
  }

  private void add(String name, int errno) {
    cases.add(new Case(name, errno, builder.build()));
    begin();
  }
}
