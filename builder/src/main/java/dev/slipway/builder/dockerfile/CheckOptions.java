package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which checks run, from {@code # check=skip=...;error=true} or from {@code
 * BUILDKIT_DOCKERFILE_CHECK}.
 *
 * @param skip names of rules
 * @param error whether a finding fails the build
 * @param experimental names of experimental rules that run as well
 */
public record CheckOptions(
    Set<String> skip,
    boolean skipAll,
    boolean error,
    Set<String> experimental,
    boolean experimentalAll) {

  /** All but experimental rules run, and findings are warnings. */
  public static final CheckOptions DEFAULT =
      new CheckOptions(Set.of(), false, false, Set.of(), false);

  public CheckOptions {
    skip = Set.copyOf(skip);
    experimental = Set.copyOf(experimental);
  }

  /**
   * Reads {@code skip=A,B;error=true;experimental=all}.
   *
   * @throws IllegalArgumentException that says what is wrong with it
   */
  public static CheckOptions parse(String text) {
    Set<String> skip = new HashSet<>();
    Set<String> experimental = new HashSet<>();
    boolean skipAll = false;
    boolean experimentalAll = false;
    boolean error = false;
    for (String option : text.isBlank() ? List.<String>of() : List.of(text.split(";", 3))) {
      int equals = option.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("invalid check option \"" + option + "\"");
      }
      String value = option.substring(equals + 1).strip();
      switch (option.substring(0, equals).strip()) {
        case "skip" -> {
          skip = names(value);
          skipAll = value.equals("all");
        }
        case "experimental" -> {
          experimental = names(value);
          experimentalAll = value.equals("all");
        }
        case "error" -> error = bool(value);
        default -> throw new IllegalArgumentException("invalid check option \"" + option + "\"");
      }
    }
    return new CheckOptions(skip, skipAll, error, experimental, experimentalAll);
  }

  private static Set<String> names(String value) {
    List<String> names = new ArrayList<>();
    for (String name : value.split(",", -1)) {
      names.add(name.strip());
    }
    return new HashSet<>(names);
  }

  private static boolean bool(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "1", "t", "true" -> true;
      case "0", "f", "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "invalid value \"" + value + "\" of error: true or false");
    };
  }

  /** Whether findings of {@code rule} are wanted. */
  boolean runs(Rule rule) {
    String name = rule.ruleName();
    return rule.experimental()
        ? experimentalAll || experimental.contains(name)
        : !skipAll && !skip.contains(name);
  }

  /** These options, and for one instruction those in the comments above it. */
  CheckOptions withComments(List<String> comments) {
    for (String comment : comments) {
      int equals = comment.indexOf('=');
      if (equals > 0 && comment.substring(0, equals).strip().equalsIgnoreCase("check")) {
        String value = comment.substring(equals + 1).strip();
        int space = value.indexOf(' ');
        try {
          return plus(parse(space < 0 ? value : value.substring(0, space)));
        } catch (IllegalArgumentException e) {
          // Only a comment that looks like an option: BuildKit passes over it as well.
          return this;
        }
      }
    }
    return this;
  }

  private CheckOptions plus(CheckOptions other) {
    Set<String> skipBoth = new HashSet<>(skip);
    skipBoth.addAll(other.skip);
    Set<String> experimentalBoth = new HashSet<>(experimental);
    experimentalBoth.addAll(other.experimental);
    return new CheckOptions(
        skipBoth,
        skipAll || other.skipAll,
        error,
        experimentalBoth,
        experimentalAll || other.experimentalAll);
  }
}
