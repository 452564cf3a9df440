package dev.slipway.builder.sandbox;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Takes what a step writes. stdout and stderr come through one pipe, so that their order is the
 * order of the writes, as on a terminal.
 */
@FunctionalInterface
public interface OutputListener {

  /** The longest piece of a line that is delivered in one call, in bytes. */
  int LONGEST = 64 * 1024;

  /**
   * One line. Calls come from one thread at a time, in order; a listener that is slow slows the
   * step.
   *
   * @param text without the line feed; valid only during the call. Any bytes may be in it
   * @param ended false if the line goes on with the next call (it is longer than {@link #LONGEST}),
   *     or if the output ended without a line feed
   */
  void line(ByteBuffer text, boolean ended);

  /** For lines as text: bytes that are not UTF-8 become U+FFFD. */
  static OutputListener utf8(Consumer<String> consumer) {
    return (text, ended) -> consumer.accept(StandardCharsets.UTF_8.decode(text).toString());
  }

  /** For output that nobody wants. */
  static OutputListener ignore() {
    return (text, ended) -> {};
  }
}
