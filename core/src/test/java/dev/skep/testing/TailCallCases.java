package dev.skep.testing;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.btf.BtfType.Member;
import dev.skep.btf.BtfType.Param;
import dev.skep.errors.Errno;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.List;

/**
 * Programs with tail calls, as the verifier of Linux 6.18 judges them: the checks of
 * docs/tail-call-checks.md that are about the verifier, and what lies beside them. Kept where tests
 * of several modules find them: one holds Skep to them, another the running kernel.
 */
public final class TailCallCases {
  /** BPF_F_SLEEPABLE. */
  public static final int SLEEPABLE = 1 << 4;

  /** Three slots. */
  public static final MapSpec SLOTS = MapSpec.of("slots", MapType.PROG_ARRAY, 4, 4, 3, 0);

  /** Three slots of another map. */
  public static final MapSpec OTHER = MapSpec.of("other", MapType.PROG_ARRAY, 4, 4, 3, 0);

  private static final MapSpec HASH = MapSpec.of("hash", MapType.HASH, 4, 4, 3, 0);
  private static final MapSpec ARRAY = MapSpec.of("array", MapType.ARRAY, 4, 4, 1, 0);
  private static final MapSpec STACKS = MapSpec.of("stacks", MapType.STACK_TRACE, 4, 80, 4, 0);
  private static final MapSpec RING = MapSpec.of("ring", MapType.RINGBUF, 0, 0, 4096, 0);

  private static final String ACCEPTED = "accepted";
  private static final String IN_CALLBACK = "EINVAL cannot tail call within callback";
  private static final String RESULT_OF_CALLBACK =
      "EFAULT verifier bug: callback unexpected regs 1";
  private static final String END = "\nr0 = 0\nexit\n";
  private static final String TAIL_CALL = "r2 = map[0]\nr3 = 1\ncall #12\n";

  private final List<VerifierCase> cases = new ArrayList<>();
  private ProgramType type = ProgramType.SCHED_CLS;
  private int flags;

  private TailCallCases() {}

  /** All of them. */
  public static List<VerifierCase> all() {
    TailCallCases all = new TailCallCases();
    all.arguments();
    all.forms();
    all.regions();
    all.stacks();
    all.afterwards();
    all.sleepable();
    return List.copyOf(all.cases);
  }

  /** The kernel functions that the cases call, for where no kernel is at hand. */
  public static Btf kernel() {
    BtfBuilder types = BtfBuilder.create();
    int number = types.add(new BtfType.Int("long unsigned int", 8, 0, 0, 64));
    int pointer = types.add(new BtfType.Ptr(number));
    int plain = types.add(new BtfType.FuncProto(0, List.of()));
    int flags = types.add(new BtfType.FuncProto(0, List.of(new Param("flags__irq_flag", pointer))));
    types.add(new BtfType.Func("bpf_rcu_read_lock", plain, 1));
    types.add(new BtfType.Func("bpf_rcu_read_unlock", plain, 1));
    types.add(new BtfType.Func("bpf_preempt_disable", plain, 1));
    types.add(new BtfType.Func("bpf_preempt_enable", plain, 1));
    types.add(new BtfType.Func("bpf_local_irq_save", flags, 1));
    types.add(new BtfType.Func("bpf_local_irq_restore", flags, 1));
    return types.build();
  }

  /** An array whose value starts with a lock. */
  public static MapSpec locked() {
    BtfBuilder types = BtfBuilder.create();
    int number = types.add(new BtfType.Int("int", 4, 1, 0, 32));
    int lock =
        types.add(
            new BtfType.Struct(
                "bpf_spin_lock", 4, false, List.of(new Member("val", number, 0, 0))));
    int value =
        types.add(
            new BtfType.Struct(
                "value",
                8,
                false,
                List.of(new Member("lock", lock, 0, 0), new Member("n", number, 32, 0))));
    return new MapSpec(
        "locked",
        MapType.ARRAY,
        4,
        8,
        1,
        0,
        0,
        null,
        types.build(),
        number,
        value,
        null,
        false,
        List.of(),
        false);
  }

  private void accept(int check, String name, List<MapSpec> maps, String text) {
    add(check, name, maps, text, ACCEPTED, ACCEPTED);
  }

  private void reject(
      int check, String name, List<MapSpec> maps, String text, int errno, String reason) {
    String verdict = Errno.name(errno) + ' ' + reason;
    add(check, name, maps, text, verdict, verdict);
  }

  private void add(
      int check, String name, List<MapSpec> maps, String text, String linux, String mainline) {
    List<Integer> checks = check == 0 ? List.of() : List.of(check);
    cases.add(new VerifierCase(checks, name, type, flags, maps, text, linux, mainline));
  }

  private void arguments() {
    reject(
        33,
        "hash",
        List.of(HASH),
        TAIL_CALL + END,
        Errno.EINVAL,
        "expected prog array map for tail call");
    reject(
        34,
        "lookup in a program array",
        List.of(SLOTS),
        "*(u32 *)(r10 -4) = 0\nr1 = map[0]\nr2 = r10\nr2 += -4\ncall #1" + END,
        Errno.EINVAL,
        "cannot pass map_type 3 into func bpf_map_lookup_elem#1");
    reject(
        34,
        "update of a program array",
        List.of(SLOTS),
        "*(u64 *)(r10 -8) = 0\nr1 = map[0]\nr2 = r10\nr2 += -4\nr3 = r2\nr4 = 0\ncall #2" + END,
        Errno.EINVAL,
        "cannot pass map_type 3 into func bpf_map_update_elem#2");
    accept(0, "pointer as index", List.of(SLOTS), "r2 = map[0]\nr3 = r1\ncall #12" + END);
    reject(
        0, "no index", List.of(SLOTS), "r2 = map[0]\ncall #12" + END, Errno.EACCES, "R3 !read_ok");
    reject(
        0,
        "other context",
        List.of(SLOTS),
        "r1 = r10\n" + TAIL_CALL + END,
        Errno.EACCES,
        "R1 type=fp expected=ctx");
    reject(
        0,
        "number as map",
        List.of(SLOTS),
        "r2 = 5\nr3 = 0\ncall #12" + END,
        Errno.EACCES,
        "R2 type=scalar expected=map_ptr");
    List<MapSpec> many = new ArrayList<>();
    StringBuilder loads = new StringBuilder();
    for (int i = 0; i < 65; i++) {
      many.add(MapSpec.of("m" + i, MapType.ARRAY, 4, 4, 1, 0));
      loads.append("r2 = map[").append(i).append("]\n");
    }
    reject(
        41,
        "65 maps",
        many,
        loads + END,
        Errno.E2BIG,
        "The total number of maps per program has reached the limit of 64");
    accept(41, "64 maps", many.subList(0, 64), loads.substring(0, loads.lastIndexOf("r2")) + END);
  }

  private void forms() {
    accept(35, "constant key", List.of(SLOTS), TAIL_CALL + END);
    accept(36, "constant key outside", List.of(SLOTS), "r2 = map[0]\nr3 = 3\ncall #12" + END);
    accept(
        37,
        "key from memory",
        List.of(ARRAY, SLOTS),
        "r4 = map[0][0]+0\nr3 = *(u32 *)(r4 +0)\nr2 = map[1]\ncall #12" + END);
    accept(
        38,
        "two keys",
        List.of(SLOTS),
        "r4 = *(u32 *)(r1 +0)\nr2 = map[0]\nr3 = 0\nif r4 == 0 goto +1\nr3 = 1\ncall #12" + END);
    accept(
        39,
        "two maps",
        List.of(SLOTS, OTHER),
        "r4 = *(u32 *)(r1 +0)\nr2 = map[0]\nr3 = 1\nif r4 == 0 goto +2\nr2 = map[1]\ncall #12"
            + END);
    List<MapSpec> six = new ArrayList<>();
    StringBuilder loads = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      six.add(MapSpec.of("m" + i, MapType.ARRAY, 4, 4, 1, 0));
      loads.append("r2 = map[").append(i).append("]\n");
    }
    six.add(SLOTS);
    accept(40, "sixth map", six, loads + "r2 = map[5]\nr3 = r2\nr3 = 1\ncall #12" + END);
    accept(42, "1024 direct calls", List.of(SLOTS), direct(1024));
    reject(
        42,
        "1025 direct calls",
        List.of(SLOTS),
        direct(1025),
        Errno.ENOSPC,
        "adding tail call poke descriptor failed");
  }

  private static String direct(int calls) {
    return "r6 = r1\n" + ("r1 = r6\n" + TAIL_CALL).repeat(calls) + END;
  }

  private void regions() {
    String locked =
        "r6 = r1\n*(u32 *)(r10 -4) = 0\nr1 = map[1]\nr2 = r10\nr2 += -4\ncall #1\n"
            + "if r0 == 0 goto out\nr1 = r0\nr7 = r0\ncall #93\nr1 = r6\n"
            + TAIL_CALL
            + "r1 = r7\ncall #94\nout:"
            + END;
    reject(
        47,
        "lock held",
        List.of(SLOTS, locked()),
        locked,
        Errno.EINVAL,
        "function calls are not allowed while holding a lock");
    reject(
        48,
        "rcu read lock",
        List.of(SLOTS),
        "r6 = r1\ncall {bpf_rcu_read_lock}\nr1 = r6\n"
            + TAIL_CALL
            + "call {bpf_rcu_read_unlock}"
            + END,
        Errno.EINVAL,
        "tail_call cannot be used inside bpf_rcu_read_lock-ed region");
    accept(
        48,
        "rcu read lock given back",
        List.of(SLOTS),
        "r6 = r1\ncall {bpf_rcu_read_lock}\ncall {bpf_rcu_read_unlock}\nr1 = r6\n"
            + TAIL_CALL
            + END);
    reject(
        49,
        "preemption off",
        List.of(SLOTS),
        "r6 = r1\ncall {bpf_preempt_disable}\nr1 = r6\n"
            + TAIL_CALL
            + "call {bpf_preempt_enable}"
            + END,
        Errno.EINVAL,
        "tail_call cannot be used inside bpf_preempt_disable-ed region");
    reject(
        51,
        "interrupts off",
        List.of(SLOTS),
        "r6 = r1\nr1 = r10\nr1 += -8\ncall {bpf_local_irq_save}\nr1 = r6\n"
            + TAIL_CALL
            + "r1 = r10\nr1 += -8\ncall {bpf_local_irq_restore}"
            + END,
        Errno.EINVAL,
        "tail_call cannot be used inside bpf_local_irq_save-ed region");
    reject(
        50,
        "reserved record",
        List.of(SLOTS, RING),
        "r6 = r1\nr1 = map[1]\nr2 = 8\nr3 = 0\ncall #131\nif r0 == 0 goto out\nr7 = r0\nr1 = r6\n"
            + TAIL_CALL
            + "r1 = r7\nr2 = 0\ncall #133\nout:"
            + END,
        Errno.EINVAL,
        "tail_call would lead to reference leak");
    reject(
        48,
        "rcu read lock of the caller",
        List.of(SLOTS),
        "r6 = r1\ncall {bpf_rcu_read_lock}\nr1 = r6\ncall f\ncall {bpf_rcu_read_unlock}"
            + END
            + "f: "
            + TAIL_CALL
            + END,
        Errno.EINVAL,
        "tail_call cannot be used inside bpf_rcu_read_lock-ed region");
    accept(
        50,
        "record reserved by the caller",
        List.of(SLOTS, RING),
        "r6 = r1\nr1 = map[1]\nr2 = 8\nr3 = 0\ncall #131\nif r0 == 0 goto out\nr7 = r0\nr1 = r6\n"
            + "call f\nr1 = r7\nr2 = 0\ncall #133\nout:"
            + END
            + "f: "
            + TAIL_CALL
            + END);
  }

  /** Main uses so many bytes and calls a function that tail-calls. */
  private static String caller(int bytes) {
    return "*(u64 *)(r10 -" + bytes + ") = 0\ncall f\nexit\nf: " + TAIL_CALL + END;
  }

  private static String nested(int calls) {
    StringBuilder text = new StringBuilder("call f1\nexit\n");
    for (int i = 1; i < calls; i++) {
      text.append("f").append(i).append(": call f").append(i + 1).append("\nexit\n");
    }
    return text + "f" + calls + ": " + TAIL_CALL + END;
  }

  private void stacks() {
    reject(
        52,
        "256 bytes before",
        List.of(SLOTS),
        caller(256),
        Errno.EACCES,
        "tail_calls are not allowed when call stack of previous frames is 256 bytes. Too large");
    accept(52, "240 bytes before", List.of(SLOTS), caller(240));
    reject(
        52,
        "248 bytes before",
        List.of(SLOTS),
        caller(248),
        Errno.EACCES,
        "tail_calls are not allowed when call stack of previous frames is 256 bytes. Too large");
    accept(53, "whole stack", List.of(SLOTS), "*(u64 *)(r10 -512) = 0\n" + TAIL_CALL + END);
    reject(
        53,
        "more than the whole stack",
        List.of(SLOTS),
        "*(u64 *)(r10 -272) = 0\ncall f\nr0 = 0\nexit\nf: *(u64 *)(r10 -256) = 0" + END,
        Errno.EACCES,
        "combined stack size of 2 calls is 528. Too large");
    String loop =
        "*(u64 *)(r10 -8) = r1\nr1 = 2\nr2 = subprog[f]\nr3 = r10\nr3 += -8\nr4 = 0\ncall #181"
            + END;
    add(
        54,
        "callback",
        List.of(SLOTS),
        loop + "f: r3 = r1\nr1 = *(u64 *)(r2 +0)\nr2 = map[0]\ncall #12" + END,
        RESULT_OF_CALLBACK,
        RESULT_OF_CALLBACK);
    add(
        54,
        "function that a callback calls",
        List.of(SLOTS),
        loop + "f: r1 = *(u64 *)(r2 +0)\ncall g" + END + "g: " + TAIL_CALL + END,
        ACCEPTED,
        IN_CALLBACK);
    accept(
        54,
        "main with a callback",
        List.of(SLOTS),
        "r6 = r1\nr1 = 2\nr2 = subprog[f]\nr3 = 0\nr4 = 0\ncall #181\nr1 = r6\n"
            + TAIL_CALL
            + END
            + "f: r0 = 0\nexit");
    accept(55, "tail call in a function", List.of(SLOTS), "call f\nexit\nf: " + TAIL_CALL + END);
    accept(56, "eight frames", List.of(SLOTS), nested(7));
    reject(
        56,
        "nine frames",
        List.of(SLOTS),
        nested(8),
        Errno.E2BIG,
        "the call stack of 9 frames is too deep");
  }

  private void afterwards() {
    reject(57, "result", List.of(SLOTS), TAIL_CALL + "exit", Errno.EACCES, "R0 !read_ok");
    reject(
        57,
        "argument behind the call",
        List.of(SLOTS),
        TAIL_CALL + "r0 = r3\nexit",
        Errno.EACCES,
        "R3 !read_ok");
    String packet =
        "r6 = r1\nr7 = *(u32 *)(r1 +76)\nr8 = *(u32 *)(r1 +80)\nr2 = r7\nr2 += 14\n"
            + "if r2 > r8 goto out\n";
    reject(
        58,
        "packet behind a function that tail-calls",
        List.of(SLOTS),
        packet + "call f\nr0 = *(u8 *)(r7 +0)\nout:" + END + "f: " + TAIL_CALL + END,
        Errno.EACCES,
        "R7 invalid mem access 'scalar'");
    accept(
        58,
        "packet behind a tail call of main",
        List.of(SLOTS),
        packet + TAIL_CALL + "r0 = *(u8 *)(r7 +0)\nout:" + END);
    accept(
        58,
        "result of a function that tail-calls is any number",
        List.of(SLOTS),
        "call f\nr0 &= 1\nexit\nf: " + TAIL_CALL + END);
  }

  private void sleepable() {
    type = ProgramType.SYSCALL;
    flags = SLEEPABLE;
    add(
        59,
        "sleepable",
        List.of(SLOTS),
        TAIL_CALL + END,
        "EINVAL Sleepable programs can only use array, hash, ringbuf and local storage maps",
        ACCEPTED);
    reject(
        59,
        "sleepable with stack traces",
        List.of(STACKS),
        "r2 = map[0]" + END,
        Errno.EINVAL,
        "Sleepable programs can only use array, hash, ringbuf and local storage maps");
    accept(59, "sleepable with an array", List.of(ARRAY), "r2 = map[0]" + END);
    type = ProgramType.SCHED_CLS;
    flags = 0;
  }
}
