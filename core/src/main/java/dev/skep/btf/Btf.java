package dev.skep.btf;

/** A parsed BTF blob. */
public final class Btf {
  private Btf() {}
}
