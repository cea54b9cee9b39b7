package dev.skep.run;

import dev.skep.jit.x64.PokeSites;
import dev.skep.machine.GracePeriods;
import dev.skep.map.MapProgram;
import dev.skep.map.PokeUser;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The direct tail calls of a compiled program into one program array. */
final class DirectPokes implements PokeUser {
  private final PokeSites sites;
  private final int map;
  private final int[] keys;
  private final GracePeriods gracePeriods;

  private DirectPokes(PokeSites sites, int map, GracePeriods gracePeriods) {
    this.sites = sites;
    this.map = map;
    this.gracePeriods = gracePeriods;
    keys = sites.keys(map);
  }

  /** All of a program. */
  static List<Executable.Pokes> of(PokeSites sites, GracePeriods gracePeriods) {
    return Arrays.stream(sites.maps())
        .mapToObj(map -> new Executable.Pokes(map, new DirectPokes(sites, map, gracePeriods)))
        .toList();
  }

  @Override
  public int[] keys() {
    return keys;
  }

  @Override
  public boolean waits() {
    return sites.waits();
  }

  @Override
  public void poke(int key, @Nullable MapProgram old, @Nullable MapProgram now) {
    sites.update(map, key, entry(old), entry(now), gracePeriods::synchronize);
  }

  private static long entry(@Nullable MapProgram program) {
    return program == null ? 0 : program.tailCallEntry();
  }
}
