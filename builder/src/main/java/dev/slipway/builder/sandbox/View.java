package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.Dir;

/**
 * A merged view of layers. Safe for use by any thread; closing it ends the view, and what was
 * opened through {@link #dir} before stays usable until it is closed itself.
 */
public sealed interface View extends AutoCloseable permits Rootfs, OverlayView, LinkedView {

  /** The root of the view, for lookups and COPY. It belongs to the view: do not close it. */
  Dir dir();

  /** Unmounts. Never throws for a view that is closed already. */
  @Override
  void close();
}
