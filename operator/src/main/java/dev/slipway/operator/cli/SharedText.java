package dev.slipway.operator.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a short text that was read a moment ago as the same object: thousands of pods say {@code
 * Running}, {@code True} and the name of one image. It forgets: a text takes the place of another
 * one, so its memory is bounded whatever is read. Thread-safe without a lock: texts cannot change,
 * and two threads that miss each other's cost one copy.
 */
final class SharedText extends StdScalarDeserializer<String> {
  private static final long serialVersionUID = 1;
  private static final int PLACES = 1 << 13;

  /** Longer ones are results and records, each its own. */
  private static final int LONGEST = 80;

  private final transient @Nullable String[] known = new @Nullable String[PLACES];

  SharedText() {
    super(String.class);
  }

  @Override
  public @Nullable String deserialize(JsonParser parser, DeserializationContext context)
      throws IOException {
    String text = StringDeserializer.instance.deserialize(parser, context);
    return text == null || text.length() > LONGEST ? text : share(text);
  }

  private String share(String text) {
    int hash = text.hashCode();
    int place = (hash ^ hash >>> 16) & (PLACES - 1);
    String before = known[place];
    if (text.equals(before)) {
      return before;
    }
    known[place] = text;
    return text;
  }
}
