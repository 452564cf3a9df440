package dev.slipway.builder.source;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The query form of a Git URL, with BuildKit's rules about keys that contradict each other. */
record Query(Map<String, String> values, String url) {
  static final List<String> KEYS =
      List.of(
          "ref",
          "tag",
          "branch",
          "subdir",
          "commit",
          "checksum",
          "submodules",
          "keep-git-dir",
          "mtime",
          "fetch-by-commit",
          "depth",
          "lfs");

  /** The ref that fragment, {@code ref}, {@code tag} and {@code branch} agree on. */
  String ref(String fragment) {
    String ref = agree("ref", fragment);
    String tag = qualified("tag", "refs/tags/");
    String branch = qualified("branch", "refs/heads/");
    if (tag != null && branch != null) {
      throw SourceParser.usage(
          "tag and branch are both given in " + Redaction.url(url) + "; keep one");
    }
    String wanted = tag != null ? tag : branch;
    if (wanted == null) {
      return ref;
    }
    if (!ref.isEmpty() && !ref.equals(wanted)) {
      throw conflict("ref", ref, wanted);
    }
    return wanted;
  }

  /** The value of {@code key}, which may repeat what the fragment said but not contradict it. */
  String agree(String key, String fragment) {
    String value = value(key);
    if (value == null) {
      return fragment;
    }
    if (!fragment.isEmpty() && !fragment.equals(value)) {
      throw conflict(key, fragment, value);
    }
    return value;
  }

  /** The value of one of two names for the same thing. */
  @Nullable String either(String key, String alias) {
    String one = value(key);
    String other = value(alias);
    if (one != null && other != null && !one.equals(other)) {
      throw conflict(key, one, other);
    }
    return one != null ? one : other;
  }

  /** A key without a value means true. */
  Optional<Boolean> flag(String key) {
    String value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    return Optional.of(
        switch (value) {
          case "", "1", "t", "T", "true", "TRUE", "True" -> true;
          case "0", "f", "F", "false", "FALSE", "False" -> false;
          default ->
              throw SourceParser.usage(
                  "'" + value + "' is no value for " + key + "; give true or false");
        });
  }

  /** Commits of history; 0 is all of it. Ours: BuildKit fetches one. */
  Optional<Integer> depth() {
    String value = value("depth");
    if (value == null) {
      return Optional.empty();
    }
    if (!value.matches("[0-9]{1,7}")) {
      throw SourceParser.usage(
          "'" + value + "' is no value for depth; give a number of commits, or 0 for all of them");
    }
    return Optional.of(Integer.valueOf(value));
  }

  boolean commitTimes() {
    String value = value("mtime");
    return switch (value) {
      case null -> false;
      case "checkout" -> false;
      case "commit" -> true;
      default ->
          throw SourceParser.usage(
              "'" + value + "' is no value for mtime; give checkout or commit");
    };
  }

  private @Nullable String qualified(String key, String prefix) {
    String value = value(key);
    return value == null || value.startsWith(prefix) ? value : prefix + value;
  }

  private @Nullable String value(String key) {
    String value = values.get(key);
    if (value != null && value.isEmpty()) {
      throw SourceParser.usage("the key '" + key + "' has no value in " + Redaction.url(url));
    }
    return value;
  }

  private static RuntimeException conflict(String key, String one, String other) {
    return SourceParser.usage(
        "the Git URL names two values for " + key + ": '" + one + "' and '" + other + "'");
  }
}
