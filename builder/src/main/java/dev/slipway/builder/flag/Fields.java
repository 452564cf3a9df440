package dev.slipway.builder.flag;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The fields of one flag's value, taken out one by one; {@link #end} refuses what nobody took, so
 * that a field is never ignored. Not thread-safe.
 */
public final class Fields {
  private final String flag;
  private final String text;
  private final Map<String, String> left = new LinkedHashMap<>();

  private Fields(String flag, String text) {
    this.flag = flag;
    this.text = text;
  }

  /**
   * Reads {@code key=value,key=value}.
   *
   * @param flag for messages: {@code --output}
   * @throws BuildException USAGE where it has another form, or a key twice
   */
  public static Fields parse(String flag, String text) {
    Fields fields = new Fields(flag, text);
    for (String field : text.split(",", -1)) {
      int equals = field.indexOf('=');
      if (equals < 1) {
        throw fields.wrong("'" + field + "' is not of the form key=value");
      }
      String key = field.substring(0, equals).strip().toLowerCase(Locale.ROOT);
      if (fields.left.putIfAbsent(key, field.substring(equals + 1)) != null) {
        throw fields.wrong("the field " + key + " stands in it twice");
      }
    }
    return fields;
  }

  /** Takes a field that may be absent. */
  public Optional<String> take(String key) {
    return Optional.ofNullable(left.remove(key));
  }

  /** Takes a field that has to be there and not be empty. */
  public String require(String key, String hint) {
    return take(key)
        .filter(value -> !value.isBlank())
        .orElseThrow(() -> wrong("it has no " + key + "=" + (hint.isEmpty() ? "" : "; " + hint)));
  }

  /** Takes a field that is true or false; an empty value is true, as in buildx. */
  public boolean flag(String key, boolean otherwise) {
    Optional<String> value = take(key);
    if (value.isEmpty()) {
      return otherwise;
    }
    if (Set.of("true", "1", "").contains(value.get())) {
      return true;
    }
    if (Set.of("false", "0").contains(value.get())) {
      return false;
    }
    throw wrong(key + "=" + value.get() + " is neither true nor false");
  }

  public boolean has(String key) {
    return left.containsKey(key);
  }

  /** Refuses what was not taken. */
  public void end() {
    if (!left.isEmpty()) {
      throw wrong("the field " + left.keySet().iterator().next() + " is not supported");
    }
  }

  /** The failure for this value. */
  public BuildException wrong(String why) {
    return new BuildException(ErrorCode.USAGE, flag + " " + text + ": " + why);
  }
}
