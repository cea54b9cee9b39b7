package dev.skep.btf;

/** What kernels learnt to read in BTF one after the other. */
public enum BtfFeature {
  FUNC,
  GLOBAL_FUNC,
  DATASEC,
  QMARK_DATASEC,
  FLOAT,
  DECL_TAG,
  TYPE_TAG,
  ENUM64
}
