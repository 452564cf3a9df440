package dev.slipway.builder.dockerfile;

/** Stands where a body follows within the hour. */
final class Unwritten {
  private Unwritten() {}

  @SuppressWarnings({"DoNotCallSuggester", "TypeParameterUnusedInFormals"})
  static <T> T yet() {
    throw new UnsupportedOperationException("not yet written");
  }
}
