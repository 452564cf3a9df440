package dev.slipway.builder.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds the matcher against regular expressions, where those are small enough to be quick. */
final class ShellPatternTest {

  private static String random(SplittableRandom random, String alphabet, int max) {
    StringBuilder out = new StringBuilder();
    int length = random.nextInt(max + 1);
    for (int i = 0; i < length; i++) {
      out.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return out.toString();
  }

  private static Pattern regex(String pattern, boolean greedy) {
    StringBuilder out = new StringBuilder();
    for (char c : pattern.toCharArray()) {
      out.append(
          switch (c) {
            case '*' -> greedy ? "[^\n]*" : "[^\n]*?";
            case '?' -> "[^\n]";
            default -> Pattern.quote(String.valueOf(c));
          });
    }
    return Pattern.compile(out.toString());
  }

  @Test
  void agreesWithRegularExpressions() throws Substitution.Malformed {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 100_000; i++) {
      String text = random(random, i % 4 == 0 ? "ab\n" : "abc", 10);
      String glob = random(random, "ab*?*", 6);
      boolean longest = random.nextBoolean();
      ShellPattern pattern = ShellPattern.parse(glob);

      Matcher prefix = regex(glob, longest).matcher(text);
      String expected = prefix.lookingAt() ? text.substring(prefix.end()) : text;
      same("${x#" + glob + "} of " + text, pattern.withoutPrefix(text, longest), expected);

      String turned = new StringBuilder(glob).reverse().toString();
      String turnedText = new StringBuilder(text).reverse().toString();
      Matcher suffix = regex(turned, longest).matcher(turnedText);
      String rest = suffix.lookingAt() ? turnedText.substring(suffix.end()) : turnedText;
      String front = new StringBuilder(rest).reverse().toString();
      same("${x%" + glob + "} of " + text, pattern.withoutSuffix(text, longest), front);

      StringBuilder once = new StringBuilder();
      pattern.replace(text, "_", false, once, 1_000);
      String first = regex(glob, true).matcher(text).replaceFirst("_");
      same("${x/" + glob + "/_} of " + text, once.toString(), first);

      StringBuilder all = new StringBuilder();
      pattern.replace(text, "_", true, all, 1_000);
      String every = replaceAllAsGo(regex(glob, true), text);
      same("${x//" + glob + "/_} of " + text, all.toString(), every);
    }
  }

  /** An assertion object for each of so many would cost more than the matching. */
  private static void same(String what, String actual, String expected) {
    if (!actual.equals(expected)) {
      assertThat(actual).as(what).isEqualTo(expected);
    }
  }

  /** Unlike Java, Go does not count an empty match right after a match. */
  private static String replaceAllAsGo(Pattern regex, String text) {
    StringBuilder out = new StringBuilder();
    Matcher matcher = regex.matcher(text);
    int copied = 0;
    int lastEnd = -1;
    while (matcher.find()) {
      if (matcher.end() == matcher.start() && matcher.start() == lastEnd) {
        continue;
      }
      out.append(text, copied, matcher.start()).append('_');
      copied = matcher.end();
      lastEnd = matcher.end();
    }
    return out.append(text, copied, text.length()).toString();
  }
}
