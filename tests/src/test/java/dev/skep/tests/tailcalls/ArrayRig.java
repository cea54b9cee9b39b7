package dev.skep.tests.tailcalls;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.ProgramArray;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.RejectedException;
import dev.skep.isa.Assembler;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** An engine with program arrays and programs of any kind, all closed at the end. */
final class ArrayRig implements AutoCloseable {
  /** Something that is done to an engine. */
  interface Step {
    void run();
  }

  final Engine engine;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  ArrayRig(Engine engine) {
    this.engine = engine;
  }

  static MapSpec spec(int entries) {
    return MapSpec.of("jumps", MapType.PROG_ARRAY, 4, 4, entries, 0);
  }

  BpfMap map(MapSpec spec) {
    BpfMap map = engine.createMap(spec);
    open.push(map);
    return map;
  }

  ProgramArray array(int entries) {
    return map(spec(entries)).programArray();
  }

  /** Which program, besides its text. */
  record Kind(ProgramType type, int attachType, int flags, String attachTo) {
    static Kind of(ProgramType type) {
      return new Kind(type, 0, 0, "");
    }

    Kind attachType(int number) {
      return new Kind(type, number, flags, attachTo);
    }

    Kind flags(int bits) {
      return new Kind(type, attachType, bits, attachTo);
    }

    Kind attachTo(String function) {
      return new Kind(type, attachType, flags, function);
    }

    Program program(String text, List<MapSpec> maps) {
      return new Program(
          "p",
          "",
          type,
          attachType,
          flags,
          "GPL",
          Assembler.assemble(text),
          maps,
          List.of(),
          List.of(),
          null,
          attachTo.isEmpty() ? null : attachTo);
    }
  }

  LoadedProgram load(Kind kind, String text, BpfMap... maps) {
    List<MapSpec> specs = java.util.Arrays.stream(maps).map(BpfMap::spec).toList();
    LoadedProgram program = engine.load(kind.program(text, specs), List.of(maps));
    open.push(program);
    return program;
  }

  /** A program that gives a number. */
  LoadedProgram returning(Kind kind, int number) {
    return load(kind, "r0 = " + number + "\nexit");
  }

  /** A tail call to a constant slot of {@code map[0]}; {@code 9} where it falls through. */
  static String jump(int slot) {
    return """
    r2 = map[0]
    r3 = %d
    call bpf_tail_call#12
    r0 = 9
    exit
    """
        .formatted(slot);
  }

  /** As {@link #jump}, for types whose result must be 0 or 1. */
  static String jumpOrZero(int slot) {
    return jump(slot).replace("r0 = 9", "r0 = 0");
  }

  /** The errno that something fails with, 0 if it does not. */
  static int errno(Step step) {
    try {
      step.run();
      return 0;
    } catch (BpfErrnoException refused) {
      return refused.errno();
    } catch (RejectedException refused) {
      return refused.errno();
    }
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    engine.close();
  }
}
