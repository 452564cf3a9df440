package dev.slipway.builder.report;

/**
 * Shows events. Implementations are thread-safe: stages run side by side.
 *
 * <p>A warning belongs to no step.
 */
public interface Progress extends AutoCloseable {

  void event(Event event);

  /** Shown at the end, where a person still sees it; in JSON at once. */
  void warning(String text);

  /**
   * Draws what is still to be drawn. Nothing may be sent afterwards; closing again draws nothing.
   */
  @Override
  void close();

  /** Shows nothing. */
  static Progress none() {
    return new Progress() {
      @Override
      public void event(Event event) {}

      @Override
      public void warning(String text) {}

      @Override
      public void close() {}
    };
  }
}
