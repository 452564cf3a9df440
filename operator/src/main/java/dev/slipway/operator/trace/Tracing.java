package dev.slipway.operator.trace;

import java.util.List;
import java.util.Optional;

/** Where traces go. Thread-safe. */
public interface Tracing {
  /** Nowhere. */
  Tracing NONE =
      new Tracing() {
        @Override
        public Optional<String> parent(String trace, String span) {
          return Optional.empty();
        }

        @Override
        public void tell(List<FinishedSpan> spans) {}
      };

  /**
   * The {@code traceparent} (W3C Trace Context) that makes a span of another program part of this
   * one; empty if the trace is not recorded.
   */
  Optional<String> parent(String trace, String span);

  /** Sends the spans, later. */
  void tell(List<FinishedSpan> spans);
}
