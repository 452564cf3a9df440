package dev.slipway.builder.dockerfile;

import java.util.Arrays;
import java.util.BitSet;

/**
 * A pattern of {@code ${x#pattern}} and its relatives: {@code *} is any text, {@code ?} any
 * character, a backslash takes their meaning away. Neither matches a line feed, because BuildKit
 * makes a regular expression of it.
 *
 * <p>A regular expression of {@code java.util.regex} would backtrack without end on {@code
 * *a*a*a*}; this remembers where it failed, so that the time is bounded by text times pattern.
 */
final class ShellPattern {
  private static final int STAR = -1;
  private static final int ANY = -2;

  /** Bits of memory for failures: 2 MiB. */
  private static final long MAX_WORK = 16L << 20;

  private final int[] tokens;

  private ShellPattern(int[] tokens) {
    this.tokens = tokens;
  }

  static ShellPattern parse(String text) throws Substitution.Malformed {
    int[] tokens = new int[text.length()];
    int count = 0;
    int i = 0;
    while (i < text.length()) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c == '*') {
        // Two stars in a row say no more than one.
        if (count == 0 || tokens[count - 1] != STAR) {
          tokens[count++] = STAR;
        }
      } else if (c == '?') {
        tokens[count++] = ANY;
      } else if (c == '\\') {
        int escaped = i < text.length() ? text.codePointAt(i) : 0;
        if ("*?\\}/".indexOf(escaped) < 0 || escaped == 0) {
          throw new Substitution.Malformed(
              "invalid pattern ("
                  + text
                  + ") in substitution: invalid escape '\\"
                  + (escaped == 0 ? "" : Character.toString(escaped))
                  + "'");
        }
        tokens[count++] = escaped;
        i++;
      } else {
        tokens[count++] = c;
      }
    }
    return new ShellPattern(Arrays.copyOf(tokens, count));
  }

  String withoutPrefix(String value, boolean longest) throws Substitution.Malformed {
    int[] text = value.codePoints().toArray();
    int end = new Matcher(text, longest).match(0);
    return end < 0 ? value : new String(text, end, text.length - end);
  }

  String withoutSuffix(String value, boolean longest) throws Substitution.Malformed {
    int[] text = reversed(value.codePoints().toArray());
    int end = new ShellPattern(reversed(tokens)).new Matcher(text, longest).match(0);
    return end < 0
        ? value
        : new String(reversed(Arrays.copyOfRange(text, end, text.length)), 0, text.length - end);
  }

  void replace(String value, String replacement, boolean all, StringBuilder out, int limit)
      throws Substitution.Malformed {
    int[] text = value.codePoints().toArray();
    Matcher matcher = new Matcher(text, true);
    int copied = 0;
    int lastEnd = -1;
    for (int start = 0; start <= text.length; start++) {
      int end = matcher.match(start);
      // As in Go, an empty match right after a match does not count.
      if (end < 0 || (end == start && start == lastEnd)) {
        continue;
      }
      append(out, text, copied, start);
      out.append(replacement);
      if (out.length() > limit) {
        throw new Substitution.Malformed("the result is longer than " + limit + " characters");
      }
      copied = end;
      lastEnd = end;
      if (!all) {
        break;
      }
      start = Math.max(start, end - 1);
    }
    append(out, text, copied, text.length);
  }

  private static void append(StringBuilder out, int[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      out.appendCodePoint(text[i]);
    }
  }

  private static int[] reversed(int[] values) {
    int[] out = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      out[i] = values[values.length - 1 - i];
    }
    return out;
  }

  private final class Matcher {
    private final int[] text;
    private final boolean greedy;
    private final BitSet failed = new BitSet();
    private final int[] starAt = new int[tokens.length];
    private final int[] starToken = new int[tokens.length];
    private final int[] starFirst = new int[tokens.length];
    private int stars;

    Matcher(int[] text, boolean greedy) throws Substitution.Malformed {
      if ((text.length + 1L) * (tokens.length + 1L) > MAX_WORK) {
        throw new Substitution.Malformed("value and pattern are too long for a substitution");
      }
      this.text = text;
      this.greedy = greedy;
    }

    /**
     * The end of the match at {@code start}, or -1. Each star first takes as much (or, if not
     * greedy, as little) as it can; a stack of the stars that could still do otherwise stands in
     * for recursion.
     */
    int match(int start) {
      stars = 0;
      int at = start;
      int token = 0;
      while (true) {
        if (hasFailed(at, token)) {
          if (!retry()) {
            return -1;
          }
          at = starAt[stars - 1];
          token = starToken[stars - 1] + 1;
        } else if (token == tokens.length) {
          return at;
        } else if (tokens[token] == STAR) {
          starFirst[stars] = at;
          starToken[stars] = token;
          at = greedy && !longerFails(at, token) ? reach(at) : at;
          starAt[stars++] = at;
          token++;
        } else if (at < text.length && matches(tokens[token], text[at])) {
          at++;
          token++;
        } else {
          failed.set(index(at, token));
        }
      }
    }

    /** Lets the last star that can do so take one character less, or more; false if none can. */
    private boolean retry() {
      while (stars > 0) {
        int top = stars - 1;
        int at = starAt[top];
        boolean possible = greedy ? at > starFirst[top] : at < text.length && text[at] != '\n';
        if (possible) {
          starAt[top] = greedy ? at - 1 : at + 1;
          return true;
        }
        // What fails from here fails from each later place that this star could have reached.
        int first = starFirst[top];
        int token = starToken[top];
        int last = longerFails(first, token) ? first : reach(first);
        failed.set(index(first, token), index(last, token) + 1);
        stars--;
      }
      return false;
    }

    /**
     * Whether a star at {@code at} is known to fail if it takes anything. Without this, each star
     * would be tried over the whole rest of the text from each place.
     */
    private boolean longerFails(int at, int token) {
      return at < text.length && text[at] != '\n' && hasFailed(at + 1, token);
    }

    private boolean hasFailed(int at, int token) {
      return failed.get(index(at, token));
    }

    private int reach(int from) {
      int to = from;
      while (to < text.length && text[to] != '\n') {
        to++;
      }
      return to;
    }

    private boolean matches(int token, int c) {
      return token == ANY ? c != '\n' : token == c;
    }

    private int index(int at, int token) {
      return token * (text.length + 1) + at;
    }
  }
}
