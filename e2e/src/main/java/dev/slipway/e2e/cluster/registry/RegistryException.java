package dev.slipway.e2e.cluster.registry;

/** A request that fails with one of the error codes of the distribution specification. */
final class RegistryException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;

  RegistryException(int status, String code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  int status() {
    return status;
  }

  /** The body that clients read the failure from. */
  String body() {
    String text = String.valueOf(getMessage()).replace("\\", "\\\\").replace("\"", "\\\"");
    return "{\"errors\":[{\"code\":\"%s\",\"message\":\"%s\"}]}\n".formatted(code, text);
  }
}
