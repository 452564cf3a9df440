package dev.slipway.builder.registry;

import java.io.IOException;

/** The other side does not speak HTTP as agreed; another attempt would see the same. */
final class ProtocolException extends IOException {
  private static final long serialVersionUID = 1L;

  ProtocolException(String message) {
    super(message);
  }
}
