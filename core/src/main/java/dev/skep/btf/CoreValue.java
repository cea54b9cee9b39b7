package dev.skep.btf;

/**
 * What a CO-RE relocation puts into its instruction.
 *
 * @param original the value that the compiler put there, from the local types
 * @param value the value of the target's types
 * @param poison whether the target has nothing to offer: the instruction must not be reached
 * @param validate whether the instruction must hold {@code original}
 * @param originalBytes size of the local field where a load or store may change its size, else 0
 * @param bytes size of the target's field, else 0
 * @param unsafeSize whether a load or store of that size would misread the target's field
 */
public record CoreValue(
    long original,
    long value,
    boolean poison,
    boolean validate,
    long originalBytes,
    long bytes,
    boolean unsafeSize) {}
