package dev.skep.jit.arm64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.jit.Relocation.Kind;
import dev.skep.rewrite.KernelFunction;
import dev.skep.rewrite.TailCallImm;

/** Calls of helpers and subprograms, and tail calls. */
final class CallLowering {
  private static final int HELPER = 0;
  private static final int SUBPROGRAM = 1;
  private static final int KFUNC = 2;
  private static final int ADDRESS_WORDS = 3;

  /** MAX_TAIL_CALL_CNT. */
  private static final int TAIL_CALL_LIMIT = 33;

  private static final int GET_SMP_PROCESSOR_ID = 8;
  private static final int GET_CURRENT_TASK = 35;
  private static final int GET_CURRENT_TASK_BTF = 158;

  /** mrs x0, sp_el0: the current task, whose first member is thread_info. */
  private static final int READ_CURRENT = 0xd5384100;

  private static final int HIGHER_OR_SAME = 2;
  private static final int LOAD = 0x39400000;
  private static final int LOAD_INDEXED = 0x38606800;
  private static final int STORE = 0x39000000;

  private final A64Function f;
  private final A64Assembler asm;
  private final Constants constants;
  private final FrameLowering frame;

  CallLowering(A64Function f, Constants constants, FrameLowering frame) {
    this.f = f;
    this.asm = f.asm;
    this.constants = constants;
    this.frame = frame;
  }

  void call(long word) {
    int imm = InsnWord.imm(word);
    switch (InsnWord.src(word)) {
      case HELPER -> helper(imm);
      case KFUNC -> far(Kind.CALL_KFUNC, imm);
      case SUBPROGRAM -> {
        // A call of what is gone is never reached; its target is of no matter.
        int callee = f.input.functionAt(f.function.start() + f.current + 1 + imm);
        asm.branchLink(0);
        f.relocation(Kind.CALL_FUNCTION, 1, Math.max(callee, 0));
        takeResult();
      }
      default -> throw new UnsupportedException("jit of call kind " + InsnWord.src(word));
    }
  }

  private void helper(int number) {
    switch (number) {
      case GET_SMP_PROCESSOR_ID -> {
        asm.word(READ_CURRENT | A64Reg.TMP1);
        asm.memory(LOAD, 2, f.r0(), A64Reg.TMP1, f.layout.threadInfoCpu());
      }
      case GET_CURRENT_TASK, GET_CURRENT_TASK_BTF -> asm.word(READ_CURRENT | f.r0());
      default -> far(Kind.CALL_HELPER, number);
    }
  }

  private void far(Kind kind, int operand) {
    constants.address(A64Reg.TMP1, 0);
    f.relocation(kind, ADDRESS_WORDS, operand);
    asm.branchLinkRegister(A64Reg.TMP1);
    // Its argument and result are in BPF_REG_AX.
    if (kind != Kind.CALL_HELPER || operand != KernelFunction.TIMED_MAY_GOTO.number()) {
      takeResult();
    }
  }

  private void takeResult() {
    constants.register(1, f.r0(), 0);
  }

  /** r2 = program array, r3 = index. Nothing is patched here, so direct calls are indirect too. */
  void tailCall(int imm) {
    if (TailCallImm.unpatchedForm(f.input.tailCalls(), imm) == TailCallImm.Form.DYNAMIC) {
      tailCallDynamic();
      return;
    }
    int map = TailCallImm.map(imm);
    if (map >= f.input.maps().size()) {
      throw new UnsupportedException("jit of a tail call through map " + map + " of none");
    }
    tailCallStatic(f.input.maps().get(map).maxEntries());
  }

  /** max_entries and bpf_func are read when it runs. */
  void tailCallDynamic() {
    constants.move64(A64Reg.TMP1, f.layout.mapMaxEntries());
    asm.memoryIndexed(LOAD_INDEXED, 2, A64Reg.TMP1, 1, A64Reg.TMP1);
    int outOfBounds = testIndex();
    int limit = testCounter();
    constants.move64(A64Reg.TMP1, f.layout.progArraySlots());
    asm.registers(A64Assembler.ADD, 1, A64Reg.TMP1, 1, A64Reg.TMP1);
    slotOffset();
    asm.memoryIndexed(LOAD_INDEXED, 3, A64Reg.TMP2, A64Reg.TMP1, A64Reg.TMP2);
    int empty = testSlotAndCount();
    frame.dropFrame();
    constants.move64(A64Reg.TMP1, f.layout.progEntry());
    asm.memoryIndexed(LOAD_INDEXED, 3, A64Reg.TMP1, A64Reg.TMP2, A64Reg.TMP1);
    int entry = 4 * f.layout.tailCallEntry();
    asm.addend(A64Assembler.ADD_IMM, 1, A64Reg.TMP1, A64Reg.TMP1, entry);
    asm.branchRegister(A64Reg.TMP1);
    land(outOfBounds, limit, empty);
  }

  /**
   * The same where the array's size is known: neither the map's header nor the program is read, the
   * target's address is cached behind the slots.
   */
  void tailCallStatic(int maxEntries) {
    constants.move64(A64Reg.TMP1, Integer.toUnsignedLong(maxEntries));
    int outOfBounds = testIndex();
    int limit = testCounter();
    slotOffset();
    long targets = f.layout.progArraySlots() + 8 * Integer.toUnsignedLong(maxEntries);
    if (targets < 1L << 24 && Immediates.isAddend((int) targets)) {
      asm.addend(A64Assembler.ADD_IMM, 1, A64Reg.TMP2, A64Reg.TMP2, (int) targets);
    } else {
      constants.move64(A64Reg.TMP1, targets);
      asm.registers(A64Assembler.ADD, 1, A64Reg.TMP2, A64Reg.TMP2, A64Reg.TMP1);
    }
    asm.memoryIndexed(LOAD_INDEXED, 3, A64Reg.TMP2, 1, A64Reg.TMP2);
    int empty = testSlotAndCount();
    frame.dropFrame();
    asm.branchRegister(A64Reg.TMP2);
    land(outOfBounds, limit, empty);
  }

  /** Compares the index, cut to 32 bits, with the bound in x10. */
  private int testIndex() {
    constants.register(0, 2, 2);
    asm.registers(A64Assembler.SUBS, 0, A64Reg.ZR, 2, A64Reg.TMP1);
    return forwardIfHigherOrSame();
  }

  /** x12 = the counter plus one, if that is allowed. */
  private int testCounter() {
    constants.move64(A64Reg.TMP1, TAIL_CALL_LIMIT);
    asm.memory(LOAD, 3, A64Reg.TMP3, A64Reg.TAIL_CALL_COUNTER, 0);
    asm.registers(A64Assembler.SUBS, 1, A64Reg.ZR, A64Reg.TMP3, A64Reg.TMP1);
    int branch = forwardIfHigherOrSame();
    asm.addend(A64Assembler.ADD_IMM, 1, A64Reg.TMP3, A64Reg.TMP3, 1);
    return branch;
  }

  /** x11 = index * 8. */
  private void slotOffset() {
    asm.bitField(A64Assembler.UBFM, 1, A64Reg.TMP2, 2, 61, 60);
  }

  /** Only a tail call that happens counts. */
  private int testSlotAndCount() {
    int branch = asm.position();
    asm.branchIfZero(1, A64Reg.TMP2, 0);
    asm.memory(STORE, 3, A64Reg.TMP3, A64Reg.TAIL_CALL_COUNTER, 0);
    return branch;
  }

  private int forwardIfHigherOrSame() {
    int branch = asm.position();
    asm.branchIf(HIGHER_OR_SAME, 0);
    return branch;
  }

  private void land(int... branches) {
    for (int branch : branches) {
      asm.land(branch);
    }
  }
}
