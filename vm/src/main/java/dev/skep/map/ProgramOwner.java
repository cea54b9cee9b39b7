package dev.skep.map;

import dev.skep.program.ProgramType;

/**
 * What all programs that share a program array must have in common (bpf_prog_map_compatible). One
 * runtime either compiles or interprets all its programs, so that is no part of it.
 *
 * @param expectedAttachType number, 0 where none was given
 */
public record ProgramOwner(
    ProgramType type, int expectedAttachType, boolean xdpFrags, boolean sleepable) {}
