package dev.skep.verify;

/**
 * What verification learnt of one subprogram (struct bpf_subprog_info).
 *
 * @param start index of its first instruction
 * @param stackDepth deepest byte of stack used, not rounded, without removable fastcall spills
 * @param hasTailCall contains a tail call itself
 * @param tailCallReachable contains or calls something that contains a tail call
 * @param privateStack whether the JIT gives it a stack of its own (verifier's decision)
 * @param typeId BTF id of its FUNC, 0 without BTF
 * @param unreliable whether its prototype in BTF is not what it was verified for
 * @param changesPacketData may move packet data, itself or by what it calls
 * @param mightSleep calls something that sleeps
 */
public record SubprogFacts(
    int start,
    int stackDepth,
    boolean hasTailCall,
    boolean tailCallReachable,
    boolean hasLdAbs,
    boolean callback,
    boolean exceptionCallback,
    boolean privateStack,
    int typeId,
    boolean unreliable,
    boolean changesPacketData,
    boolean mightSleep) {}
