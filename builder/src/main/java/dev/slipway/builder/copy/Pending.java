package dev.slipway.builder.copy;

/** Stands where code is still to come. */
final class Pending {
  private Pending() {}

  @SuppressWarnings({"DoNotCallSuggester", "TypeParameterUnusedInFormals"})
  static <T> T yet() {
    throw new UnsupportedOperationException("not written yet");
  }
}
