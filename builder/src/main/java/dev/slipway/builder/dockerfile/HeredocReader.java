package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds the documents that a line announces. */
final class HeredocReader {
  /** A line of a Dockerfile has 64 KiB at most, and continuation lines add to it. */
  private static final int LIMIT = SourceText.SIZE_LIMIT * 2;

  private HeredocReader() {}

  /**
   * All announcements in {@code line}, in order, without content. Where the line is not well-formed
   * shell (a lone quote, as in {@code RUN echo it's}), there are none: BuildKit does the same.
   */
  static List<Heredoc> announced(String line) {
    if (!line.contains("<<")) {
      return List.of();
    }
    Set<Substitution.Keep> keep =
        EnumSet.of(Substitution.Keep.QUOTES, Substitution.Keep.ESCAPES, Substitution.Keep.UNSET);
    List<String> words;
    try {
      words = new Substitution(line, '\\', Variables.NONE, LIMIT, keep).words();
    } catch (Substitution.Malformed e) {
      return List.of();
    }
    List<Heredoc> documents = new ArrayList<>();
    for (String word : words) {
      announcement(word).ifPresent(documents::add);
    }
    return documents;
  }

  /**
   * The announcement that {@code word} is: digits, {@code <<}, perhaps {@code -}, and one word,
   * which may be quoted.
   */
  static Optional<Heredoc> announcement(String word) {
    int digits = 0;
    while (digits < word.length() && word.charAt(digits) >= '0' && word.charAt(digits) <= '9') {
      digits++;
    }
    if (!word.startsWith("<<", digits)) {
      return Optional.empty();
    }
    int start = digits + 2;
    boolean stripTabs = word.startsWith("-", start);
    start = Space.skip(word, stripTabs ? start + 1 : start);
    String rest = word.substring(start);
    if (rest.isEmpty() || rest.indexOf('<') >= 0) {
      return Optional.empty();
    }
    try {
      List<String> names = words(rest, EnumSet.of(Substitution.Keep.UNSET));
      if (names.size() != 1) {
        return Optional.empty();
      }
      List<String> raw = words(rest, EnumSet.of(Substitution.Keep.UNSET, Substitution.Keep.QUOTES));
      String name = names.getFirst();
      boolean quoted = quotes(String.join("", raw)) != quotes(name);
      return Optional.of(
          new Heredoc(name, !quoted, stripTabs, descriptor(word.substring(0, digits)), ""));
    } catch (Substitution.Malformed e) {
      return Optional.empty();
    }
  }

  private static List<String> words(String text, Set<Substitution.Keep> keep)
      throws Substitution.Malformed {
    return new Substitution(text, '\\', Variables.NONE, LIMIT, keep).words();
  }

  private static long quotes(String text) {
    return text.chars().filter(c -> c == '\'' || c == '"').count();
  }

  private static int descriptor(String digits) {
    if (digits.isEmpty()) {
      return 0;
    }
    return digits.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(digits);
  }
}
