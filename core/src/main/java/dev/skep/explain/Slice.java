package dev.skep.explain;

import static dev.skep.isa.Opcodes.*;

import dev.skep.explain.Explanation.Role;
import dev.skep.isa.InsnWord;
import dev.skep.verify.Place;
import dev.skep.verify.Recording;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The steps of a path that made some registers and slots what they are: walked from the end, each
 * step that wrote one of them is taken, and what it read takes the place of what it wrote.
 *
 * <pre>
 *   r2 = *(u16 *)(r1 +4)      writes r2                    the slice of r0, from below
 *   if r2 > 0x40 goto         compares r2
 *   r0 += r2                  writes r0 from r0 and r2
 *   r3 = *(u8 *)(r0 +0)       fails
 * </pre>
 */
final class Slice {
  private static final int MOST_STEPS = 256;

  /** One step, with those of its changes that count. */
  record Taken(int insn, int frame, Role role, List<Recording.Change> changes) {}

  private final long[] insns;
  private final Set<Place> wanted;
  private final List<Taken> taken = new ArrayList<>();

  private Slice(Recording recording, Collection<Place> blamed) {
    insns = recording.program().insns();
    wanted = new HashSet<>(blamed);
  }

  /** The slice of what is blamed, oldest step first. */
  static List<Taken> of(Recording recording, Collection<Place> blamed) {
    Slice slice = new Slice(recording, blamed);
    List<Recording.Step> path = recording.path();
    for (int i = path.size() - 1;
        i >= 0 && !slice.wanted.isEmpty() && slice.taken.size() < MOST_STEPS;
        i--) {
      slice.step(path.get(i));
    }
    Collections.reverse(slice.taken);
    return slice.taken;
  }

  private void step(Recording.Step step) {
    List<Recording.Change> changes = new ArrayList<>();
    for (Recording.Change change : step.changes()) {
      if (wanted.contains(change.place())) {
        changes.add(change);
      }
    }
    if (changes.isEmpty()) {
      return;
    }
    Role role = step.insn() < 0 ? Role.ENTRY : role(step, changes);
    taken.add(new Taken(step.insn(), step.frame(), role, changes));
  }

  private Role role(Recording.Step step, List<Recording.Change> changes) {
    long word = insns[step.insn()];
    int code = InsnWord.code(word);
    switch (classOf(code)) {
      case ALU, ALU64 -> arithmetic(step, word);
      case LDX -> load(step, word, changes);
      case ST, STX -> {
        return store(step, word, changes);
      }
      case LD ->
          wanted.remove(Place.ofRegister(step.frame(), mode(code) == IMM ? InsnWord.dst(word) : 0));
      default -> {
        return switch (op(code)) {
          case CALL -> call(step, word, changes);
          case EXIT -> leave(step, changes);
          default -> Role.COMPARES;
        };
      }
    }
    return Role.WRITES;
  }

  private void arithmetic(Recording.Step step, long word) {
    int code = InsnWord.code(word);
    Place target = Place.ofRegister(step.frame(), InsnWord.dst(word));
    wanted.remove(target);
    boolean fromRegister = isX(code) && op(code) != END;
    if (op(code) != MOV) {
      wanted.add(target);
    }
    if (fromRegister) {
      wanted.add(Place.ofRegister(step.frame(), InsnWord.src(word)));
    }
  }

  private void load(Recording.Step step, long word, List<Recording.Change> changes) {
    wanted.remove(Place.ofRegister(step.frame(), InsnWord.dst(word)));
    Place slot = step.read();
    if (slot != null) {
      wanted.add(slot);
    } else if (changes.stream().anyMatch(change -> change.after().isPointer())) {
      // A pointer that was found behind another is no better than that one.
      wanted.add(Place.ofRegister(step.frame(), InsnWord.src(word)));
    }
  }

  private Role store(Recording.Step step, long word, List<Recording.Change> changes) {
    boolean atomic = mode(InsnWord.code(word)) == ATOMIC;
    boolean written = false;
    for (Recording.Change change : changes) {
      boolean slot = !change.place().isRegister();
      written |= slot || atomic;
      if (!atomic || !slot) {
        wanted.remove(change.place());
      }
    }
    if (!written) {
      // It overwrote what pointers were slices of.
      return Role.LOSES;
    }
    if (classOf(InsnWord.code(word)) == STX) {
      wanted.add(Place.ofRegister(step.frame(), InsnWord.src(word)));
    }
    return Role.WRITES;
  }

  private Role call(Recording.Step step, long word, List<Recording.Change> changes) {
    boolean lost = true;
    boolean passed = false;
    for (Recording.Change change : changes) {
      Place place = change.place();
      wanted.remove(place);
      boolean gone = !change.after().isWritten() || change.before().isPointer();
      lost &= place.isRegister() && place.register() != 0 && gone;
      if (InsnWord.src(word) == PSEUDO_CALL
          && place.frame() == step.frame() + 1
          && place.isRegister()) {
        passed = true;
        if (place.register() >= 1 && place.register() <= 5) {
          wanted.add(Place.ofRegister(step.frame(), place.register()));
        }
      }
    }
    return lost ? Role.LOSES : passed ? Role.PASSES : Role.WRITES;
  }

  private Role leave(Recording.Step step, List<Recording.Change> changes) {
    for (Recording.Change change : changes) {
      wanted.remove(change.place());
      if (change.place().isRegister() && change.place().register() == 0) {
        wanted.add(Place.ofRegister(step.frame(), 0));
      }
    }
    return Role.PASSES;
  }

  /** Whether an instruction goes one of two ways. */
  static boolean isBranch(long word) {
    int code = InsnWord.code(word);
    int kind = classOf(code);
    return (kind == JMP || kind == JMP32) && op(code) != CALL && op(code) != EXIT && op(code) != JA;
  }

  /** Registers that an instruction reads, those that its address is made of first. */
  static List<Integer> reads(long word) {
    int code = InsnWord.code(word);
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    return switch (classOf(code)) {
      case LDX -> List.of(src);
      case ST -> List.of(dst);
      case STX -> List.of(dst, src);
      case ALU, ALU64 -> {
        boolean fromRegister = isX(code) && op(code) != END;
        boolean own = op(code) != MOV;
        yield fromRegister
            ? own ? List.of(dst, src) : List.of(src)
            : own ? List.of(dst) : List.of();
      }
      case LD -> mode(code) == IMM ? List.of() : mode(code) == IND ? List.of(6, src) : List.of(6);
      default ->
          switch (op(code)) {
            case CALL -> List.of(1, 2, 3, 4, 5);
            case EXIT -> List.of(0);
            case JA, JCOND -> List.of();
            default -> isX(code) ? List.of(dst, src) : List.of(dst);
          };
    };
  }
}
