package dev.slipway.operator.kubectl;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How single values read. */
final class Texts {
  private Texts() {}

  static ImageBuildStatus status(ImageBuild build) {
    return Objects.requireNonNullElse(build.getStatus(), ImageBuildStatus.EMPTY);
  }

  /** {@code <none>} for what is absent, as kubectl has it. */
  static String text(@Nullable Object value) {
    return value == null || value.toString().isEmpty() ? "<none>" : value.toString();
  }

  /** The name that a value of an enumeration has in YAML: Succeeded for SUCCEEDED. */
  static String word(@Nullable Enum<?> value) {
    if (value == null) {
      return "<none>";
    }
    String name = value.name();
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
  }

  /** The age of something, as kubectl has it: 16s, 3m12s, 5h4m, 12d. */
  static String age(@Nullable String since, Instant now) {
    if (since == null) {
      return "<unknown>";
    }
    Duration age;
    try {
      age = Duration.between(Instant.parse(since), now);
    } catch (DateTimeParseException e) {
      return "<unknown>";
    }
    long seconds = Math.max(0, age.toSeconds());
    if (seconds < 120) {
      return seconds + "s";
    }
    if (seconds < 600) {
      return both(seconds / 60, "m", seconds % 60, "s");
    }
    if (seconds < 3 * 3600) {
      return seconds / 60 + "m";
    }
    if (seconds < 8 * 3600) {
      return both(seconds / 3600, "h", seconds % 3600 / 60, "m");
    }
    if (seconds < 48 * 3600) {
      return seconds / 3600 + "h";
    }
    return seconds / 86400 + "d";
  }

  private static String both(long a, String unit, long b, String small) {
    return b == 0 ? a + unit : a + unit + b + small;
  }

  /** Bytes in the units of registries: 4.94MB. */
  static String size(long bytes) {
    String[] units = {"B", "kB", "MB", "GB", "TB"};
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return unit == 0 ? bytes + "B" : String.format(Locale.ROOT, "%.3g%s", value, units[unit]);
  }

  static String shortened(@Nullable String hash) {
    if (hash == null) {
      return "<none>";
    }
    String hex = hash.substring(hash.indexOf(':') + 1);
    return hex.substring(0, Math.min(12, hex.length()));
  }
}
