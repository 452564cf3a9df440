package dev.slipway.e2e.cluster.node;

/**
 * A container cannot be made from its pod yet, such as for want of a Secret. The kubelet keeps
 * trying; so does this node.
 */
final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String reason;

  /**
   * @param reason the waiting reason of the container
   */
  ConfigException(String reason, String message) {
    super(message);
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
