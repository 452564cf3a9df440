package dev.slipway.operator.trace;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A part of a build that is over.
 *
 * @param trace 32 hex digits
 * @param id 16 hex digits
 * @param parent ID of the span that it is part of; null for the whole build
 * @param error why it failed, if it did
 */
public record FinishedSpan(
    String trace,
    String id,
    @Nullable String parent,
    String name,
    Instant start,
    Instant end,
    Map<String, String> attributes,
    @Nullable String error) {

  public FinishedSpan {
    attributes = Map.copyOf(attributes);
    end = end.isBefore(start) ? start : end; // times of different clocks
  }

  /** With one more attribute; null leaves it out. */
  public FinishedSpan with(String name, @Nullable String value) {
    if (value == null) {
      return this;
    }
    Map<String, String> more = new TreeMap<>(attributes);
    more.put(name, value);
    return new FinishedSpan(trace, id, parent, this.name, start, end, more, error);
  }
}
