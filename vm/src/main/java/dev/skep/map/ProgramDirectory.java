package dev.skep.map;

import org.jspecify.annotations.Nullable;

/** How program arrays find the programs of their runtime. */
public interface ProgramDirectory {
  /** No program is ever found. */
  ProgramDirectory EMPTY =
      new ProgramDirectory() {
        @Override
        public @Nullable MapProgram byId(int id) {
          return null;
        }

        @Override
        public @Nullable MapProgram at(long block) {
          return null;
        }
      };

  /** The program with that number that its creator has not closed, or null. */
  @Nullable MapProgram byId(int id);

  /** The program whose struct bpf_prog lies there, or null once it is freed. */
  @Nullable MapProgram at(long block);
}
