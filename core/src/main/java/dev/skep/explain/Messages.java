package dev.skep.explain;

import static dev.skep.explain.Kind.*;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel's messages mean: the kind, one sentence and what is usually done about it. The
 * first row whose pattern is found counts; groups of the pattern stand in the texts as $1, $2.
 */
final class Messages {
  /**
   * A message that was recognised.
   *
   * @param registers that it names, in order
   */
  record Known(Kind kind, List<Integer> registers, String summary, String hint) {}

  private record Row(Pattern pattern, Kind kind, String summary, String hint) {}

  private static final Pattern REGISTER = Pattern.compile("\\b[Rr](\\d{1,2})\\b");
  private static final Pattern ARGUMENT = Pattern.compile("\\barg ?#(\\d)\\b");

  private static final List<Row> ROWS = new ArrayList<>();

  private Messages() {}

  private static void row(Kind kind, String pattern, String summary, String hint) {
    ROWS.add(new Row(Pattern.compile(pattern), kind, summary, hint));
  }

  static {
    // Loader: what could not be resolved becomes an instruction that no kernel takes.
    row(
        LOADER,
        "invalid func unknown#195896080",
        "a CO-RE relocation of this instruction could not be resolved: the kernel has no such type,"
            + " field or value, and the code that needs it is reached",
        "guard the access: bpf_core_field_exists(), bpf_core_type_exists() or"
            + " bpf_core_enum_value_exists() keeps the verifier away from it on kernels without"
            + " it");
    row(
        LOADER,
        "invalid func unknown#200[0-2]\\d{6}$",
        "a kernel function or variable that is declared __weak does not exist here, and the code"
            + " that needs it is reached",
        "test it first: if (bpf_ksym_exists(name)) { .. }");
    row(
        LOADER,
        "failed to find the address for kernel symbol '(.*)'",
        "the kernel has no variable $1, or it is not one that programs may read",
        "declare it __weak and test its address, or use another kernel's types");
    row(
        LOADER,
        "not pointing to valid bpf_map|map_fd|fd_idx",
        "the instruction loads a map that was not created",
        "create the map, or load the object through a loader that does");
    row(
        HELPER_NOT_ALLOWED,
        "invalid func (\\S+)",
        "no helper has this number in the kernel whose rules hold",
        "use a helper that the kernel has; `skep feature probe` lists them");
    row(
        HELPER_NOT_ALLOWED,
        "program of this type cannot use helper (\\w+)#\\d+",
        "$1 is not available to programs of this type",
        "use another program type, or another helper; `skep feature probe` lists what each may"
            + " call");
    row(
        HELPER_NOT_ALLOWED,
        "helper call might sleep in a non-sleepable prog|might sleep",
        "this call may sleep, and nothing may sleep here",
        "make the program sleepable (SEC(\"...s/...\")), or move the call out of the section in"
            + " which nothing sleeps");
    row(
        HELPER_NOT_ALLOWED,
        "calling kernel function (\\w+) is not allowed",
        "$1 is not available to programs of this type",
        "call it from a program of a type that may, for example SEC(\"syscall\") or a tracing"
            + " program");
    row(
        HELPER_NOT_ALLOWED,
        "GPL",
        "this function may be called by programs of a GPL-compatible license only",
        "declare the license: char LICENSE[] SEC(\"license\") = \"GPL\";");
    row(
        HELPER_NOT_ALLOWED,
        "tracing progs cannot use (\\w+) yet",
        "maps with a $1 in their values cannot be used by tracing programs",
        "keep the $1 in a map of its own that only programs of other types use");

    row(
        ATTACH,
        "failed to find kernel BTF type ID of '(.*)'",
        "the kernel whose types are used has no $1 to attach to",
        "check the name in SEC(\"..\") against that kernel: bpftool btf dump, or `skep btf dump`,"
            + " lists its functions");
    row(
        RETURN_VALUE,
        "At (program|callback|async callback|subprogram) (exit|return) the register R\\d+",
        "what is returned here is not what may be returned",
        "return a number in the allowed range on every path");
    row(
        CALL_ARGUMENTS,
        "Caller passes invalid args into func#(\\d+) \\('(.*)'\\)",
        "what is passed to the global function $2 does not fit its prototype: global functions are"
            + " verified by their BTF alone, for whatever their types allow",
        "pass what the prototype says (pointers not NULL unless __arg_nullable), or make the"
            + " function static so that it is verified with its caller");
    row(
        LOADER,
        "extern \\((?:func|var) ksym\\) '(.*)'",
        "the kernel whose types are used has no $1, or one of another type",
        "load the kernel module that has it, or declare it __weak and test it with"
            + " bpf_ksym_exists()");
    row(
        LOADER,
        "relocation|CO-RE|extern|section name|libbpf",
        "the object could not be linked with this kernel",
        "check declarations of externs, maps and sections");

    row(
        TYPE_INFORMATION,
        "has to have BTF in order to use|doesn't have BTF|requires BTF",
        "the types of the map's values, or of the program, are not known",
        "compile with -g, define the map with __type(key, ..) and __type(value, ..), and see"
            + " whether the kernel takes the object's BTF: it is left out where it does not");

    // Sections and locks.
    row(
        SECTION_OPEN,
        "(\\w+) at off=(\\d+) must be held for (\\w+)",
        "this $3 may be touched only while the $1 beside it is held",
        "take the lock that lies in the same map value or object as the $3 first, and release it"
            + " afterwards");
    row(
        SPECIAL_FIELD,
        "direct access to|cannot be accessed directly|doesn't point to '|has no valid|kptr|uptr"
            + "|not found at offset|has to be at (the|a) constant offset",
        "this field belongs to the kernel: programs may touch it through its helpers only, and name"
            + " it by a constant offset",
        "use the helper of the field (bpf_spin_lock, bpf_timer_init, bpf_kptr_xchg ..) on its"
            + " address, and copy the other fields one by one instead of the whole value");
    row(
        CONTROL_FLOW,
        "exception|bpf_throw kfunc",
        "the rules for exceptions are not kept",
        "use one exception callback that takes one number and returns one, and throw outside of"
            + " callbacks");
    row(
        SECTION_OPEN,
        "function calls are not allowed while holding a lock",
        "no function may be called while a bpf_spin_lock is held",
        "copy what is needed, unlock, then call");
    row(
        SECTION_OPEN,
        "bpf_spin_(un)?lock|spin_(un)?lock|spin_\\{lock|deadlock|bpf_res_spin|irq|preempt|rcu_read|tail_call.*inside|RCU",
        "locks and sections must be taken, nested and left in order, and some calls are not allowed"
            + " within them",
        "leave each section on every path, in the reverse order, and before what is not allowed"
            + " there");

    // Context.
    row(
        CONTEXT_ACCESS,
        "invalid bpf_context access off=(\\d+) size=(\\d+)",
        "programs of this type may not access $2 bytes at offset $1 of their context",
        "access only fields that the context has, with the size of the field; some fields may be"
            + " read only");
    row(
        CONTEXT_ACCESS,
        "invalid (\\w*sock\\w*) access off=(\\d+) size=(\\d+)",
        "programs may not access $3 bytes at offset $2 of a $1",
        "access fields that the socket has, with their size; test the pointer for NULL and convert"
            + " it with bpf_sk_fullsock() or bpf_tcp_sock() where more is needed");
    row(
        CONTEXT_ACCESS,
        "dereference of modified ctx ptr|negative offset ctx ptr|variable ctx access",
        "the context must be accessed as ctx + a constant in one instruction, since the kernel"
            + " rewrites such accesses",
        "use ctx->field directly; keep the compiler from computing the address first (barrier_var,"
            + " or __attribute__((preserve_static_offset)))");
    row(
        WRONG_TYPE,
        "BPF_ATOMIC (stores|loads|store|load) .* is not allowed",
        "atomic operations do not work on this kind of memory",
        "do them on map values, the stack or an arena");

    // Pointers.
    row(
        POINTER_ARITHMETIC,
        "math between (\\S+) pointer and (?:register with unbounded min value|-?\\d+) is not"
            + " allowed",
        "the $1 pointer is moved by a value that may be negative without bound, or is too large",
        "bound the value from both sides before it is added: if (i < 0 || i >= N) return 0;");
    row(
        POINTER_ARITHMETIC,
        "pointer arithmetic|pointer operation|pointer \\+= pointer|subtract pointer from scalar"
            + "|bitwise operator|subtraction from stack pointer|tried to (add|sub)"
            + "|32-bit pointer|has pointer with unsupported alu|on pointer prohibited",
        "pointers of this kind cannot be calculated with in this way",
        "add bounded numbers to pointers into maps, packets and the stack only; compute with"
            + " indexes instead of addresses");
    row(
        POINTER_ARITHMETIC,
        "value (-?\\d+) makes (\\S+) pointer be out of bounds|pointer offset -?\\d+ is not allowed",
        "the pointer is moved further than any object is long",
        "bound the offset before it is added to the pointer");
    row(
        POINTER_ARITHMETIC,
        "pointer comparison prohibited|leaks addr|leak",
        "addresses must not leave the program",
        "store and compare values instead of pointers");
    row(
        POINTER_ARITHMETIC,
        "same insn cannot be used with different pointers",
        "one instruction accesses different kinds of memory on different paths, which need"
            + " different rewrites",
        "keep the compiler from merging both accesses, for example with barrier_var() on one"
            + " pointer");
    row(
        POINTER_ARITHMETIC,
        "dereference of modified|variable \\S+ access var_off|must have zero offset|must be at",
        "this pointer must be passed or dereferenced as it was got, without an offset",
        "pass the pointer to the begin of the object");
    row(
        MISALIGNED,
        "misaligned (.*) ?access off",
        "the access is not at a multiple of its size",
        "access packed data by bytes or through __builtin_memcpy, and align what lies on the"
            + " stack");
    row(
        READ_ONLY,
        "write into map forbidden|read from map forbidden",
        "the map was created with flags that forbid this access from programs",
        "write to another map, or create it without BPF_F_RDONLY_PROG (const variables lie in"
            + " .rodata)");
    row(
        READ_ONLY,
        "cannot write into|only read|allow writes|no write support|frame pointer is read only|write"
            + " to change key|may write into memory",
        "this memory can be read only",
        "copy the value to the stack or to a map, and change it there");

    // Stack.
    row(
        STACK_LIMIT,
        "combined stack size of (\\d+) calls is (\\d+)\\. Too large",
        "the $1 functions of one call chain use $2 bytes of stack together; 512 are allowed",
        "move large variables to a per-CPU array map with one element, or let static functions be"
            + " inlined so that they share their stack");
    row(
        STACK_LIMIT,
        "call stack of (\\d+) frames is too deep",
        "functions call each other $1 deep; 8 are allowed",
        "inline some of them with __always_inline");
    row(
        STACK_LIMIT,
        "invalid (?:variable-offset )?(read from|write to) stack R(\\d+) off=(-?\\d+) size=(\\d+)",
        "$4 bytes at offset $3 of the frame pointer do not lie within the 512 bytes of the stack",
        "check sizes and indexes of local arrays; large ones belong into a map");
    row(
        STACK_LIMIT,
        "invalid unbounded variable-offset",
        "the index into an array on the stack is not bounded",
        "bound it before use: if (i >= sizeof(array)) return 0;");
    row(
        NOT_INITIALIZED,
        "invalid (?:indirect )?read from stack",
        "bytes of the stack are read that were not written, or that hold something the program may"
            + " not see",
        "initialise the whole variable first: struct key key = {}; padding counts too"
            + " (__builtin_memset)");
    row(
        STACK_LIMIT,
        "spill|register fill|stack",
        "the stack cannot be used in this way",
        "keep pointers in whole, aligned 8-byte slots of the function's own stack");

    // Bounds of helper arguments.
    row(
        OUT_OF_BOUNDS,
        "R(\\d+) unbounded memory access|R(\\d+) min value is negative",
        "the size or offset in this register is not bounded: it may be negative or very large",
        "use an unsigned type and bound it: if (len > sizeof(buf)) return 0; or len &= sizeof(buf)"
            + " - 1;");
    row(
        OUT_OF_BOUNDS,
        "R(\\d+) invalid zero-sized read",
        "the size passed may be 0, and this helper needs at least one byte",
        "test it: if (len == 0) return 0;");
    row(
        OUT_OF_BOUNDS,
        "memory, len pair leads to invalid memory access",
        "the buffer is shorter than the length that is passed with it, or not memory at all",
        "pass sizeof of the buffer, or bound the length by it");
    row(
        OUT_OF_BOUNDS,
        "access beyond|invalid access to|invalid (negative|variable) (access|offset)"
            + "|invalid variable buffer offset|buffer access|outside of the",
        "the access may lie outside the object",
        "bound the offset by the size of the object before the access");
    row(
        BAD_INSTRUCTION,
        "div by zero|invalid shift",
        "the constant operand is not valid for this operation",
        "check the constant");

    row(
        WRONG_TYPE,
        "expected pointer to (.*) but (R\\d+) has a pointer to (.*)",
        "$2 points to $3, and the function takes a pointer to $1",
        "pass an object of the type that the function takes");

    // References and objects.
    row(
        REFERENCE,
        "must be referenced|unacquired reference|reference has not been acquired"
            + "|release .*reference|must be a rcu pointer|trusted|ref_obj_id|refcount|release",
        "the function needs a pointer to an object that is sure to stay: acquired, trusted or"
            + " protected by RCU",
        "acquire the object (bpf_task_acquire ..) and test it for NULL, or use it within"
            + " bpf_rcu_read_lock() and bpf_rcu_read_unlock()");
    row(
        OBJECT_STATE,
        "dynptr",
        "the dynptr is not in the state that this call needs",
        "initialise a dynptr once (bpf_dynptr_from_.., bpf_ringbuf_reserve_dynptr), use it where it"
            + " was made, and give it back on every path, also when the reservation failed");
    row(
        OBJECT_STATE,
        "initialized iter|iter_|iterator",
        "the iterator is not in the state that this call needs",
        "use bpf_iter_.._new, _next and _destroy in order, once each loop; bpf_for() and"
            + " bpf_for_each() do it all");
    row(
        OBJECT_STATE,
        "timer|bpf_wq|workqueue",
        "the timer or workqueue does not belong to the map" + " that is passed with it",
        "pass the address of the field of the same element, and the map"
            + " that it was looked up in");

    // Maps.
    row(
        MAP_MISMATCH,
        "cannot pass map_type (\\d+) into func (\\w+)#\\d+",
        "$2 does not work on maps of this type",
        "use a map type that the helper serves, or the helper that serves this map");
    row(
        MAP_MISMATCH,
        "isn't map pointer|expected prog array|map pointer|in map|map type|map_type|maps|sockmap"
            + "|inner map",
        "the call or program type does not fit this map",
        "check which map is passed, and that its definition has the type that is needed");

    // Calls.
    row(
        CALL_ARGUMENTS,
        "is not a known constant|must be a known constant|is not a const",
        "this argument must be a constant that the verifier knows",
        "pass a literal or a sizeof; a value from memory is never constant");
    row(
        CALL_ARGUMENTS,
        "arg ?#?(\\d+)|format string|fmt|flags|R(\\d+) (is of type|expected)|expected=|must point"
            + " to|callback|doesn't point|expects",
        "what is passed in this argument is not what the called function takes",
        "compare the argument with the function's prototype");
    row(
        TYPE_INFORMATION,
        "[Gg]lobal function|func#\\d+|static function|must be a global|use static function",
        "the function's prototype or use does not follow the rules for functions that are verified"
            + " by themselves",
        "make it static, or give it arguments of supported types: scalars, the context, pointers to"
            + " structs of known size");

    // Control flow.
    row(
        CONTROL_FLOW,
        "unreachable insn (\\d+)",
        "no path reaches instruction $1",
        "remove the code behind an endless loop or exit; compile with optimisation (-O2)");
    row(
        CONTROL_FLOW,
        "back-edge|jump out of range|last insn is not an exit|invalid bpf_call_dst|invalid"
            + " destination|recursive call|jump into|fell through|invalid insn idx",
        "the program's jumps do not form functions that all end",
        "let every function end with return, without recursion and jumps between functions");
    row(
        TOO_COMPLEX,
        "jumps is too complex|too many|Too many|reached the limit|too large",
        "the program is over a limit of the verifier",
        "split it: fewer branches that are open at once, bpf_loop() for long loops, tail calls or"
            + " global functions for parts");
    row(
        CONTROL_FLOW,
        "__bpf_trap",
        "the compiler found that the code goes wrong here, mostly by reading a variable that is"
            + " never set or by running off a function's end",
        "compile with -Wall: initialise the variable, and return on every path");

    // Instructions.
    row(
        BAD_INSTRUCTION,
        "uses reserved fields|unknown opcode|invalid BPF_|uses invalid|BPF_LD_\\[ABS|R(\\d+) is"
            + " invalid|invalid bpf_ld_imm64|unrecognized bpf_ld|addr_space_cast|LD_ABS",
        "no kernel of this version takes this instruction here",
        "compile for a CPU version that the kernel knows (-mcpu=v3), and check hand-written"
            + " assembly");
    row(
        RETURN_VALUE,
        "R0|return value|return stack pointer|returns?\\b",
        "what the function returns is not what may be returned there",
        "return a value in the allowed range on every path");

    // Attaching and types.
    row(
        ATTACH,
        "failed to find kernel BTF type ID|btf_id|attach|extension|Extension|[Tt]arget|replace|hook"
            + "|expected_attach|struct_ops|LSM|lsm|Tracing|tracing",
        "what the program is to be attached to does not exist or does not allow it",
        "check the name in SEC(\"..\") against the kernel that is used: `skep btf dump` lists its"
            + " functions");
    row(
        TYPE_INFORMATION,
        "BTF|btf|func_info|line_info|type",
        "the type information does not fit the code",
        "compile with -g, and do not change the sections .BTF and .BTF.ext afterwards");
    row(
        NOT_PERMITTED,
        "CAP_|permitted|privileged|not allowed|prohibited|cannot",
        "the kernel does not allow this here",
        "read the kernel's message above; it names what is not allowed");
  }

  /** The meaning of a message; of an unknown one only the kind is known. */
  static Known of(String message) {
    for (Row row : ROWS) {
      Matcher m = row.pattern.matcher(message);
      if (m.find()) {
        return new Known(row.kind, registers(message), fill(row.summary, m), fill(row.hint, m));
      }
    }
    return new Known(
        OTHER,
        registers(message),
        message.isEmpty()
            ? "the kernel refuses the program without a word of its log"
            : "the kernel's message is all that is known of it",
        message.isEmpty()
            ? "check program type, attach type, flags and license: they are judged first"
            : "look at the instruction, and at how the values that it reads came about");
  }

  private static String fill(String text, Matcher m) {
    String filled = text;
    for (int i = 1; i <= m.groupCount(); i++) {
      String group = m.group(i);
      filled = filled.replace("$" + i, group == null ? "" : group);
    }
    return filled;
  }

  /** Registers that a message names, and those of arguments that it names by number. */
  private static List<Integer> registers(String message) {
    List<Integer> found = new ArrayList<>();
    add(found, REGISTER.matcher(message), 0);
    add(found, ARGUMENT.matcher(message), 1);
    return List.copyOf(found);
  }

  private static void add(List<Integer> found, Matcher m, int shift) {
    while (m.find()) {
      int regno = Integer.parseInt(m.group(1)) + shift;
      if (regno <= 10 && !found.contains(regno)) {
        found.add(regno);
      }
    }
  }
}
