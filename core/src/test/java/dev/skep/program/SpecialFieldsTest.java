package dev.skep.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.btf.BtfType.Member;
import dev.skep.btf.BtfType.SectionVar;
import dev.skep.errors.Errno;
import dev.skep.program.SpecialFields.Field;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fields of values, as btf_parse_fields of Linux 6.18 finds them. */
class SpecialFieldsTest {
  private final BtfBuilder types = BtfBuilder.create();
  private final int number = types.add(new BtfType.Int("int", 4, 1, 0, 32));
  private final int lock = struct("bpf_spin_lock", 4);
  private final int resLock = struct("bpf_res_spin_lock", 4);
  private final int timer = struct("bpf_timer", 16);
  private final int listHead = struct("bpf_list_head", 16);
  private final int listNode = struct("bpf_list_node", 24);
  private final int own = struct("own", 8);

  private int struct(String name, int size, Member... members) {
    return types.add(new BtfType.Struct(name, size, false, List.of(members)));
  }

  private int array(int element, int length) {
    return types.add(new BtfType.Array(element, number, length));
  }

  private int pointer(String tag, int target) {
    return types.add(new BtfType.Ptr(types.add(new BtfType.TypeTag(tag, target, false))));
  }

  private static Member at(int offset, int type) {
    return new Member("m" + offset, type, offset * 8, 0);
  }

  /** The kernel has a task_struct and a file. */
  private static KernelTypes kernel() {
    BtfBuilder vmlinux = BtfBuilder.create();
    vmlinux.add(new BtfType.Struct("file", 8, false, List.of()));
    vmlinux.add(new BtfType.Struct("task_struct", 8, false, List.of()));
    return KernelTypes.of(vmlinux.build());
  }

  private SpecialFields value(int size, Member... members) {
    int value = struct("value", size, members);
    return SpecialFields.parse(types.build(), value, SpecialFields.IN_MAPS, size, kernel());
  }

  private static List<String> names(SpecialFields fields) {
    return fields.all().stream().map(f -> f.name() + "@" + f.offset()).toList();
  }

  private void isRefused(int errno, Member... members) {
    SpecialFields fields = value(512, members);
    assertThat(fields.errno()).isEqualTo(errno);
    assertThat(fields.all()).isEmpty();
  }

  private void holds(List<String> names, Member... members) {
    SpecialFields fields = value(512, members);
    assertThat(fields.errno()).isZero();
    assertThat(names(fields)).isEqualTo(names);
  }

  @Test
  void structsAreKnownByNameSizeAndPlace() {
    holds(List.of("bpf_spin_lock@0", "bpf_timer@8"), at(0, lock), at(8, timer));
    holds(List.of(), at(2, lock), at(4, timer));
    holds(List.of(), at(0, struct("bpf_wq", 8)));
    holds(List.of(), at(0, types.add(new BtfType.Typedef("lock_t", lock))));
    holds(List.of("bpf_spin_lock@24"), at(16, struct("inner", 16, at(8, lock))));
  }

  @Test
  void oneOfAKindAndNotInArrays() {
    isRefused(Errno.E2BIG, at(0, lock), at(8, lock));
    isRefused(Errno.EINVAL, at(0, array(lock, 2)));
    isRefused(Errno.EINVAL, at(0, lock), at(4, resLock));
    holds(List.of("bpf_spin_lock@0"), at(0, array(lock, 1)));
    holds(List.of(), at(0, array(lock, 0)));
    isRefused(Errno.EINVAL, new Member("bits", lock, 4, 0));
  }

  @Test
  void pointersAreKnownByTheirTag() {
    int raw = pointer("kptr_untrusted", own);
    holds(List.of("kptr@8"), at(8, raw));
    holds(List.of("percpu_kptr@8"), at(8, pointer("percpu_kptr", own)));
    holds(List.of("uptr@8"), at(8, pointer("uptr", own)));
    holds(List.of("kptr@8"), at(8, types.add(new BtfType.Volatile(raw))));
    holds(List.of(), at(4, raw));
    holds(List.of(), at(0, types.add(new BtfType.Const(raw))));
    isRefused(Errno.EINVAL, at(0, pointer("kptr_trusted", own)));
    isRefused(Errno.EINVAL, at(0, pointer("kptr", number)));
    int twice = types.add(new BtfType.TypeTag("kptr", own, false));
    isRefused(Errno.EINVAL, at(0, pointer("kptr", twice)));
  }

  @Test
  void pointersFindTheKernelsStructs() {
    int task = struct("task_struct", 4);
    Field field = value(8, at(0, pointer("kptr", task))).all().getFirst();
    assertThat(field.btf()).isZero();
    assertThat(field.typeId()).isEqualTo(2);
    Field local = value(8, at(0, pointer("kptr", own))).all().getFirst();
    assertThat(local.btf()).isEqualTo(SpecialFields.LOCAL);
    assertThat(local.typeId()).isEqualTo(own);
    isRefused(Errno.ENOENT, at(0, pointer("kptr", struct("file", 4))));
    holds(List.of("kptr@0"), at(0, pointer("kptr_untrusted", struct("file", 4))));
  }

  @Test
  void elevenFieldsAreAllowed() {
    int raw = pointer("kptr_untrusted", own);
    assertThat(value(512, at(0, array(raw, 11))).all()).hasSize(11);
    isRefused(Errno.E2BIG, at(0, array(raw, 12)));
    isRefused(Errno.E2BIG, at(0, raw), at(8, array(raw, 11)));
    int two = struct("two", 16, at(0, raw), at(8, raw));
    holds(List.of("kptr@16", "kptr@24", "kptr@32", "kptr@40"), at(16, array(array(two, 2), 1)));
    isRefused(Errno.E2BIG, at(0, array(two, 6)));
    isRefused(Errno.EEXIST, at(8, raw), at(0, raw));
  }

  @Test
  void listsNeedALockAndSayWhatTheyHold() {
    int node = struct("node", 32, at(0, number), new Member("link", listNode, 64, 0));
    List<Member> members = new ArrayList<>(List.of(at(0, lock), at(8, listHead)));
    assertThat(root(members, "contains:node:link").errno()).isZero();
    Field head = root(members, "contains:node:link").all().getLast();
    assertThat(head.offset()).isEqualTo(8);
    assertThat(head.typeId()).isEqualTo(node);
    assertThat(head.nodeOffset()).isEqualTo(8);
    assertThat(root(members, "contains:node").errno()).isEqualTo(Errno.EINVAL);
    assertThat(root(members, "contains:node:").errno()).isEqualTo(Errno.EINVAL);
    assertThat(root(members, "contains:nothing:link").errno()).isEqualTo(Errno.ENOENT);
    assertThat(root(members, "contains:node:nothing").errno()).isEqualTo(Errno.ENOENT);
    assertThat(root(members, "contains:node:m0").errno()).isEqualTo(Errno.EINVAL);
    assertThat(root(List.of(at(0, number), at(8, listHead)), "contains:node:link").errno())
        .isEqualTo(Errno.EINVAL);
    isRefused(Errno.EINVAL, at(0, lock), at(8, listHead));
  }

  private SpecialFields root(List<Member> members, String tag) {
    int value = types.add(new BtfType.Struct("value", 32, false, members));
    types.add(new BtfType.DeclTag(tag, value, 1, false));
    return SpecialFields.parse(types.build(), value, SpecialFields.IN_MAPS, 32, kernel());
  }

  @Test
  void variablesOfASection() {
    int global = types.add(new BtfType.Var("lock", lock, 1));
    int data = types.add(new BtfType.DataSec(".data", 16, List.of(new SectionVar(global, 8, 4))));
    int cut = types.add(new BtfType.DataSec(".data", 16, List.of(new SectionVar(global, 8, 8))));
    Btf btf = types.build();
    SpecialFields found = SpecialFields.parse(btf, data, SpecialFields.IN_MAPS, 16, kernel());
    assertThat(names(found)).containsExactly("bpf_spin_lock@8");
    assertThat(SpecialFields.parse(btf, cut, SpecialFields.IN_MAPS, 16, kernel()).all()).isEmpty();
  }

  /** What BPF_MAP_CREATE of Linux 6.18.44 says. */
  @ParameterizedTest
  @CsvSource({
    "ARRAY, 0, 0, 0, 95",
    "HASH, 0, 0, 0, 95",
    "LRU_HASH, 95, 0, 0, 95",
    "PERCPU_HASH, 95, 95, 0, 95",
    "PERCPU_ARRAY, 95, 95, 0, 95",
    "TASK_STORAGE, 0, 95, 0, 0",
    "CGRP_STORAGE, 0, 95, 0, 95"
  })
  void mapsThatMayHoldThem(MapType type, int ofLock, int ofTimer, int ofPointer, int ofUser) {
    int locked = struct("locked", 16, at(0, lock));
    int timed = struct("timed", 16, at(0, timer));
    int pointing = struct("pointing", 16, at(0, pointer("kptr", own)));
    int user = struct("user", 16, at(0, pointer("uptr", own)));
    Btf btf = types.build();
    assertThat(check(type, btf, locked)).isEqualTo(ofLock);
    assertThat(check(type, btf, timed)).isEqualTo(ofTimer);
    assertThat(check(type, btf, pointing)).isEqualTo(ofPointer);
    assertThat(check(type, btf, user)).isEqualTo(ofUser);
  }

  private int check(MapType type, Btf btf, int value) {
    MapSpec map = MapSpec.of("map", type, 4, 16, 1, 0).withTypes(btf, number, value);
    return SpecialFields.of(map, kernel()).checkMap(map);
  }
}
