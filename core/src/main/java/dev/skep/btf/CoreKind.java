package dev.skep.btf;

import org.jspecify.annotations.Nullable;

/** What a CO-RE relocation asks for. The order is the numbering of enum bpf_core_relo_kind. */
public enum CoreKind {
  BYTE_OFF("byte_off"),
  BYTE_SZ("byte_sz"),
  FIELD_EXISTS("field_exists"),
  SIGNED("signed"),
  LSHIFT_U64("lshift_u64"),
  RSHIFT_U64("rshift_u64"),
  LOCAL_TYPE_ID("local_type_id"),
  TARGET_TYPE_ID("target_type_id"),
  TYPE_EXISTS("type_exists"),
  TYPE_SIZE("type_size"),
  ENUMVAL_EXISTS("enumval_exists"),
  ENUMVAL_VALUE("enumval_value"),
  TYPE_MATCHES("type_matches");

  private static final CoreKind[] ALL = values();
  private final String text;

  CoreKind(String text) {
    this.text = text;
  }

  /** The name in libbpf's log. */
  public String text() {
    return text;
  }

  /** The constant of a number, or null. */
  public static @Nullable CoreKind ofNumber(int number) {
    return number >= 0 && number < ALL.length ? ALL[number] : null;
  }

  boolean isFieldBased() {
    return ordinal() <= RSHIFT_U64.ordinal();
  }

  boolean isTypeBased() {
    return this == LOCAL_TYPE_ID
        || this == TARGET_TYPE_ID
        || this == TYPE_EXISTS
        || this == TYPE_SIZE
        || this == TYPE_MATCHES;
  }
}
