package dev.skep.explain;

/** What kind of rejection it is; {@link #id} is what the command line and JSON call it. */
public enum Kind {
  OUT_OF_BOUNDS("out-of-bounds"),
  PACKET_BOUNDS("packet-bounds"),
  MAYBE_NULL("maybe-null"),
  NOT_INITIALIZED("not-initialized"),
  WRONG_TYPE("wrong-type"),
  POINTER_ARITHMETIC("pointer-arithmetic"),
  MISALIGNED("misaligned"),
  READ_ONLY("read-only"),
  CONTEXT_ACCESS("context-access"),
  SPECIAL_FIELD("special-field"),
  LEAKED_REFERENCE("leaked-reference"),
  REFERENCE("reference"),
  SECTION_OPEN("section-open"),
  TOO_COMPLEX("too-complex"),
  ENDLESS_LOOP("endless-loop"),
  HELPER_NOT_ALLOWED("helper-not-allowed"),
  CALL_ARGUMENTS("call-arguments"),
  MAP_MISMATCH("map-mismatch"),
  OBJECT_STATE("object-state"),
  RETURN_VALUE("return-value"),
  STACK_LIMIT("stack-limit"),
  CONTROL_FLOW("control-flow"),
  BAD_INSTRUCTION("bad-instruction"),
  LOADER("loader"),
  ATTACH("attach"),
  TYPE_INFORMATION("type-information"),
  NOT_PERMITTED("not-permitted"),
  OTHER("other");

  private final String id;

  Kind(String id) {
    this.id = id;
  }

  /** In lower case with hyphens, as "out-of-bounds". */
  public String id() {
    return id;
  }
}
