package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.Dir;

/** A read-only overlay. */
record OverlayView(Overlay overlay) implements View {

  @Override
  public Dir dir() {
    return overlay.dir();
  }

  @Override
  public void close() {
    overlay.close();
  }
}
