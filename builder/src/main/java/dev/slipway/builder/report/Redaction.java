package dev.slipway.builder.report;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Keeps the values of build secrets out of what is shown: a step that prints one shows {@code ***}.
 *
 * <p>Works line by line on each line of a secret; values under four characters are left alone,
 * because hiding them would only point at them in every ordinary line.
 */
public final class Redaction {
  private static final int SHORTEST = 4;

  private final List<String> values;

  public Redaction(Collection<String> secrets) {
    this.values =
        secrets.stream()
            .flatMap(String::lines)
            .map(String::strip)
            .filter(line -> line.length() >= SHORTEST)
            .distinct()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList();
  }

  public String apply(String text) {
    String shown = text;
    for (String value : values) {
      shown = shown.replace(value, "***");
    }
    return shown;
  }
}
