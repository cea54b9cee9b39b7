package dev.skep.explain;

import dev.skep.program.MapSpec;
import dev.skep.verify.KnownValue;
import dev.skep.verify.Place;
import dev.skep.verify.Reason;
import dev.skep.verify.Recording;
import org.jspecify.annotations.Nullable;

/**
 * What a check demands and what was known, in sentences.
 *
 * @param known empty where the values themselves say it
 */
record Demands(String summary, String demand, String known) {
  static Demands of(
      @Nullable Reason reason, Recording recording, int frame, Messages.Known message) {
    long held = recording.held().stream().filter(Recording.Held::isReference).count();
    KnownValue value =
        reason == null || reason.registers().isEmpty()
            ? null
            : recording.at(Place.ofRegister(frame, reason.registers().getFirst()));
    return of(reason, value, held, message);
  }

  /**
   * The same without a recording.
   *
   * @param value of the register to blame, null where that is not known
   * @param held references that are held
   */
  static Demands of(
      @Nullable Reason reason, @Nullable KnownValue value, long held, Messages.Known message) {
    return switch (reason) {
      case null -> new Demands(message.summary(), message.summary(), "");
      case Reason.OutOfBounds r -> bounds(r, value);
      case Reason.PacketBounds r -> packet(r, value);
      case Reason.MaybeNull r ->
          new Demands(
              "r" + r.regno() + " may be NULL where it is used",
              "a pointer that was compared with NULL on this path",
              "");
      case Reason.NotInitialized r ->
          new Demands(
              "r" + r.regno() + " is read before it has a value",
              "a register that every path to this instruction has written",
              "");
      case Reason.WrongType r -> type(r, value);
      case Reason.LeakedReference _ -> leak(held);
      case Reason.SectionOpen r ->
          new Demands(
              "the program may end, or call what is not allowed, while its "
                  + r.section()
                  + " section is open",
              "every path leaves the section first",
              "");
      case Reason.ReturnValue r -> returned(r, value, message);
      case Reason.EndlessLoop r ->
          new Demands(
              "the loop at instruction " + r.insn() + " may never end",
              "something that the loop's conditions depend on changes in each round",
              "a round ended with the same state that it began with");
      case Reason.TooComplex r ->
          new Demands(
              "the verifier gave up: the paths through the program are too many or too long",
              "at most " + r.limit() + " instructions on all paths together",
              "");
    };
  }

  private static Demands bounds(Reason.OutOfBounds r, @Nullable KnownValue value) {
    MapSpec map = value == null ? null : value.map();
    String object =
        "the "
            + r.what()
            + (map == null || map.name().isEmpty() ? "" : " of \"" + map.name() + "\"");
    String demand =
        object + " is " + Words.bytes(r.limit()) + " long: offsets 0 to " + (r.limit() - 1);
    return new Demands(
        "the access may lie outside " + object, demand, access(r.off(), r.size(), value));
  }

  /** "4 bytes at offset 4 to 65539". */
  private static String access(long off, long size, @Nullable KnownValue value) {
    String what = size < 0 ? "memory" : Words.bytes(size);
    if (value == null || value.isConstant()) {
      long fixed = value == null ? off : off + value.smin();
      return what + " at offset " + fixed;
    }
    String from = value.smin() == Long.MIN_VALUE ? "anything" : Long.toString(off + value.smin());
    boolean bounded = value.umax() >= 0 && value.umax() < 1L << 32;
    String to = bounded ? Long.toString(off + value.umax()) : "anything";
    return what + " at offset " + from + " to " + to;
  }

  private static Demands packet(Reason.PacketBounds r, @Nullable KnownValue value) {
    if (value != null && value.smin() < 0) {
      return new Demands(
          "the access may lie before the packet",
          "an offset into the packet that is not negative",
          "the offset may be " + Words.range(value));
    }
    if (r.off() < 0) {
      return new Demands(
          "the access lies before the begin of the packet",
          "an offset into the packet that is not negative",
          "the offset is " + r.off());
    }
    long end = r.off() + Math.max(r.size(), 0);
    return new Demands(
        "the access may lie behind the end of the packet",
        "a comparison with data_end that proves "
            + Words.bytes(end)
            + " behind the "
            + (value == null || value.isConstant() ? "begin of the packet" : "variable offset"),
        Words.proved(r.range()) + " on this path");
  }

  private static Demands type(Reason.WrongType r, @Nullable KnownValue value) {
    boolean scalar = value != null && value.isScalar() || r.type().equals("scalar");
    return r.expected().isEmpty()
        ? new Demands(
            scalar
                ? "r" + r.regno() + " is a number, not a pointer that may be followed"
                : "memory behind a pointer of type " + r.type() + " may not be accessed",
            "a pointer whose memory the program may access",
            "")
        : new Demands(
            "argument " + r.regno() + " has the wrong type: " + r.type(),
            "one of: " + r.expected(),
            "");
  }

  private static Demands leak(long held) {
    return new Demands(
        "the program may end without giving back what it acquired",
        "every path releases what it acquired",
        held == 1 ? "one reference is held here" : held + " references are held here");
  }

  private static Demands returned(
      Reason.ReturnValue r, @Nullable KnownValue value, Messages.Known message) {
    return new Demands(
        value != null && !value.isScalar()
            ? "the program returns something that is not a number"
            : "the return value may lie outside what is allowed: " + r.min() + " to " + r.max(),
        "a return value from " + r.min() + " to " + r.max(),
        value == null ? message.summary() : "");
  }
}
