package dev.skep.verify;

import java.util.List;

/**
 * What a check that failed demanded, as data: said where the check is made, beside the kernel's
 * text. Checks that say nothing are known by their text alone; see dev.skep.explain.
 */
public sealed interface Reason {
  /** Registers that the check looked at, the one to blame first; empty when it was none. */
  List<Integer> registers();

  /**
   * Memory of a known size, accessed before its begin or behind its end.
   *
   * @param what "map value", "map key", "memory"
   * @param off the fixed part of the offset; the variable part is the register's
   * @param size bytes accessed at once, -1 where unknown
   * @param limit bytes that the memory has
   */
  record OutOfBounds(int regno, String what, long off, long size, long limit) implements Reason {
    @Override
    public List<Integer> registers() {
      return List.of(regno);
    }
  }

  /**
   * A part of the packet that was not compared with its end.
   *
   * @param off fixed offset from where the pointer's variable part ends
   * @param range bytes known to be there, negative when the pointer is known to lie at the end or
   *     beyond
   */
  record PacketBounds(int regno, long off, long size, long range) implements Reason {
    @Override
    public List<Integer> registers() {
      return List.of(regno);
    }
  }

  /** A pointer is used that may be null. */
  record MaybeNull(int regno) implements Reason {
    @Override
    public List<Integer> registers() {
      return List.of(regno);
    }
  }

  /** A register is read that was not written. */
  record NotInitialized(int regno) implements Reason {
    @Override
    public List<Integer> registers() {
      return List.of(regno);
    }
  }

  /**
   * Something that is not of the type that is needed there.
   *
   * @param type as the log names it
   * @param expected what would do, as the log names it; empty where anything that points to memory
   *     would
   */
  record WrongType(int regno, String type, String expected) implements Reason {
    @Override
    public List<Integer> registers() {
      return List.of(regno);
    }
  }

  /** A reference of {@link Recording#held} is still held where the program ends. */
  record LeakedReference() implements Reason {
    @Override
    public List<Integer> registers() {
      return List.of();
    }
  }

  /**
   * Something is not allowed in a section that is still open.
   *
   * @param section as the log names it: "bpf_spin_lock-ed"
   */
  record SectionOpen(String section) implements Reason {
    @Override
    public List<Integer> registers() {
      return List.of();
    }
  }

  /** A program ends with a value outside {@code [min, max]}. */
  record ReturnValue(int regno, int min, int max) implements Reason {
    @Override
    public List<Integer> registers() {
      return List.of(regno);
    }
  }

  /** The path came back to an instruction in a state that it was in before. */
  record EndlessLoop(int insn) implements Reason {
    @Override
    public List<Integer> registers() {
      return List.of();
    }
  }

  /** Too many instructions were followed. */
  record TooComplex(int limit) implements Reason {
    @Override
    public List<Integer> registers() {
      return List.of();
    }
  }
}
