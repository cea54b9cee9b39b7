package dev.skep.interp;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.Assembler;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.natives.Memory;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.PokeDescriptor;
import dev.skep.rewrite.TailCallDialect;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A machine of two CPUs with an interpreter, blocks of memory and functions for programs in text.
 */
final class TestMachine implements AutoCloseable {
  final Machine machine = Machine.ofCpus(2);
  final Interpreter interpreter = new Interpreter(machine, this::program);
  final Map<Integer, BpfFunction> functions = new HashMap<>();
  final List<Long> maps = new ArrayList<>();
  private final List<Long> blocks = new ArrayList<>();
  private final Map<Long, InterpretedProgram> programs = new HashMap<>();

  final long variables = block(8);

  final Linkage linkage =
      new Linkage() {
        @Override
        public long mapAddress(int map) {
          if (map < 0 || map >= maps.size()) {
            throw new MalformedException("no map " + map);
          }
          return maps.get(map);
        }

        @Override
        public long mapValueAddress(int map, int offset) {
          return mapAddress(map) + offset;
        }

        @Override
        public long variableAddress(KernelVariable variable) {
          return variables;
        }

        @Override
        public BpfFunction function(int number) {
          BpfFunction function = functions.get(number);
          if (function == null) {
            throw new UnsupportedException("helper #" + number);
          }
          return function;
        }
      };

  private @Nullable InterpretedProgram program(long address) {
    return programs.get(address);
  }

  /** Zeroed memory that programs may touch. */
  long block(int bytes) {
    long address = Memory.allocate(bytes);
    blocks.add(address);
    machine.addressSpace().add(address, bytes);
    return address;
  }

  UnverifiedProgram load(String text) {
    return interpreter.loadUnverified("test", Assembler.assemble(text), linkage);
  }

  /** A program as the rewrites leave it. */
  InterpretedProgram loadRewritten(String name, String text, PokeDescriptor... pokes) {
    long[] insns = Assembler.assemble(text);
    int[] frames = Decoder.noFrames(insns.length);
    Arrays.fill(frames, 256);
    Code code =
        Decoder.decode(
            name, true, insns, frames, List.of(pokes), TailCallDialect.LINUX_6_18, linkage);
    return new InterpretedProgram(interpreter, code);
  }

  /** R0 of a program given as text. */
  long run(String text, long r1, long r2) {
    return run(load(text), r1, r2);
  }

  long run(InterpretedProgram program, long context) {
    Cpu cpu = machine.cpus().enter();
    try {
      return program.run(cpu, context);
    } finally {
      machine.cpus().leave();
    }
  }

  long run(String text) {
    return run(text, 0, 0);
  }

  long run(UnverifiedProgram program, long r1, long r2) {
    Cpu cpu = machine.cpus().enter();
    try {
      return program.run(cpu, r1, r2);
    } finally {
      machine.cpus().leave();
    }
  }

  /** A program array with these programs, null for an empty slot; gives its index in the maps. */
  int programArray(@Nullable String... texts) {
    long array = block(BpfArrayLayout.PTRS + 8 * texts.length);
    maps.add(array);
    Memory.putInt(array + BpfMapLayout.MAX_ENTRIES, texts.length);
    for (int i = 0; i < texts.length; i++) {
      String text = texts[i];
      if (text != null) {
        long at = 0x1000L * (programs.size() + 1);
        programs.put(at, loadRewritten("slot" + i, text));
        Memory.putLong(array + BpfArrayLayout.PTRS + 8L * i, at);
      }
    }
    return maps.size() - 1;
  }

  @Override
  public void close() {
    interpreter.close();
    machine.close();
    blocks.forEach(Memory::free);
  }
}
