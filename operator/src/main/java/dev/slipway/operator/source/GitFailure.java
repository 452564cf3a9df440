package dev.slipway.operator.source;

/** A Git server that could not be asked: the reason is one of {@link dev.slipway.api.Reasons}. */
final class GitFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  GitFailure(String reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }

  String text() {
    String message = getMessage();
    return message == null ? reason : message;
  }
}
