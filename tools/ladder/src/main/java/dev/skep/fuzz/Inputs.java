package dev.skep.fuzz;

import java.util.List;

/** Inputs of test_run for generated programs. */
final class Inputs {
  private static final byte[] NONE = {};
  private static final int RAW_TRACEPOINT_BYTES = 96;
  private static final int SK_LOOKUP_BYTES = 72;

  private Inputs() {}

  /** Adds one input: data, context, or both, as the type takes them. */
  static void add(TypeFacts facts, Dice dice, List<byte[]> packets, List<byte[]> contexts) {
    switch (facts.type) {
      case RAW_TRACEPOINT -> {
        packets.add(NONE);
        contexts.add(random(dice, RAW_TRACEPOINT_BYTES));
      }
      case SYSCALL -> {
        packets.add(NONE);
        contexts.add(random(dice, ContextOps.SYSCALL_BYTES));
      }
      case SK_LOOKUP -> {
        packets.add(NONE);
        contexts.add(lookup(dice));
      }
      default -> {
        packets.add(packet(dice));
        contexts.add(facts.isSkb() && dice.percent(40) ? context(dice) : NONE);
      }
    }
  }

  private static byte[] random(Dice dice, int bytes) {
    byte[] context = new byte[bytes];
    dice.fill(context);
    return context;
  }

  /** A struct bpf_sk_lookup: family, protocol, addresses and ports. */
  private static byte[] lookup(Dice dice) {
    byte[] context = random(dice, SK_LOOKUP_BYTES);
    java.util.Arrays.fill(context, 0, 8, (byte) 0);
    number(context, 8, dice.percent(95) ? dice.pick(2, 10) : dice.below(20));
    number(context, 12, dice.percent(95) ? dice.pick(6, 17) : dice.below(300));
    context[38] = 0;
    context[39] = 0;
    number(context, 60, dice.percent(90) ? dice.below(65536) : dice.immediate());
    number(context, 64, dice.pick(0, 1));
    return context;
  }

  private static void number(byte[] bytes, int at, int value) {
    for (int i = 0; i < 4; i++) {
      bytes[at + i] = (byte) (value >> 8 * i);
    }
  }

  private static byte[] packet(Dice dice) {
    byte[] bytes = new byte[dice.pick(14, 20, 34, 54, 60, 64, 64, 98, 128, 200)];
    dice.fill(bytes);
    // An Ethertype that is neither IPv4 nor IPv6 is valid at every length.
    if (bytes.length >= 54 && dice.percent(60)) {
      boolean six = dice.percent(40);
      bytes[12] = (byte) (six ? 0x86 : 0x08);
      bytes[13] = (byte) (six ? 0xdd : 0x00);
      bytes[14] = (byte) (six ? 0x60 : 0x45);
    } else {
      bytes[12] = (byte) 0x88;
      bytes[13] = (byte) 0xb5;
    }
    return bytes;
  }

  /** A struct __sk_buff with the fields set that test_run takes. */
  private static byte[] context(Dice dice) {
    byte[] bytes = new byte[192];
    byte[] random = new byte[192];
    dice.fill(random);
    System.arraycopy(random, 8, bytes, 8, 4);
    System.arraycopy(random, 32, bytes, 32, 4);
    System.arraycopy(random, 48, bytes, 48, 20);
    return bytes;
  }
}
