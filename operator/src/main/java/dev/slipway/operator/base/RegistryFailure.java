package dev.slipway.operator.base;

/** A registry that could not be asked: the reason is one of {@link dev.slipway.api.Reasons}. */
final class RegistryFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;
  private final String text;

  RegistryFailure(String reason, String text) {
    super(text);
    this.reason = reason;
    this.text = text;
  }

  String reason() {
    return reason;
  }

  String text() {
    return text;
  }
}
