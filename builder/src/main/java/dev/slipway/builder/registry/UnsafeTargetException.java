package dev.slipway.builder.registry;

import java.io.IOException;

/** A registry tried to send us somewhere we do not go. */
final class UnsafeTargetException extends IOException {
  private static final long serialVersionUID = 1L;

  UnsafeTargetException(String message) {
    super(message);
  }
}
