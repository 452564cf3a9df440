package dev.slipway.builder.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The header fields of one message; names in any case. */
final class Headers {

  private final Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  void add(String name, String value) {
    fields.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
  }

  Optional<String> first(String name) {
    List<String> values = fields.get(name);
    return values == null ? Optional.empty() : Optional.of(values.getFirst());
  }

  List<String> all(String name) {
    return fields.getOrDefault(name, List.of());
  }

  /** Whether a comma-separated field holds {@code token}. */
  boolean has(String name, String token) {
    for (String value : all(name)) {
      for (String part : value.split(",", -1)) {
        if (part.strip().toLowerCase(Locale.ROOT).equals(token)) {
          return true;
        }
      }
    }
    return false;
  }
}
