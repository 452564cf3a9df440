package dev.slipway.builder.copy;

/** Numeric owner and group of a file; both are unsigned 32-bit numbers. */
public record Owner(long uid, long gid) {
  public static final Owner ROOT = new Owner(0, 0);
}
