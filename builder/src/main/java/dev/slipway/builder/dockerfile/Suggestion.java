package dev.slipway.builder.dockerfile;

import java.util.Collection;
import java.util.Locale;

/** Guesses what somebody meant to write. */
public final class Suggestion {
  /** A word that is further away than this is another word, not a misspelling. */
  private static final int MAX_DISTANCE = 2;

  private static final int MAX_LENGTH = 64;

  private Suggestion() {}

  /** {@code " (did you mean X?)"}, or nothing; upper and lower case are the same. */
  static String ignoringCase(String word, Collection<String> options) {
    String lower = word.toLowerCase(Locale.ROOT);
    String best =
        closest(lower, options.stream().map(option -> option.toLowerCase(Locale.ROOT)).toList());
    if (word.equals(word.toUpperCase(Locale.ROOT))) {
      best = best.toUpperCase(Locale.ROOT);
    }
    return text(best);
  }

  /** {@code " (did you mean X?)"}, or nothing. */
  public static String of(String word, Collection<String> options) {
    return text(closest(word, options));
  }

  private static String text(String best) {
    return best.isEmpty() ? "" : " (did you mean " + best + "?)";
  }

  /** The closest option, or the empty string where none is close or {@code word} is one itself. */
  static String closest(String word, Collection<String> options) {
    String best = "";
    // A word of one letter has nothing left when one is wrong.
    int distance = Math.min(MAX_DISTANCE + 1, word.length());
    if (word.length() > MAX_LENGTH || options.contains(word)) {
      return best;
    }
    for (String option : options) {
      int d = Math.abs(option.length() - word.length());
      if (d > distance || (d = distance(word, option)) > distance) {
        continue;
      }
      // Of equals the first by name, because sets have another order in each JVM.
      if (d < distance || (!best.isEmpty() && option.compareTo(best) < 0)) {
        best = option;
        distance = d;
      }
    }
    return best;
  }

  /** Levenshtein's, with two neighbours that changed places as one mistake. */
  private static int distance(String a, String b) {
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] reused = beforeLast;
      beforeLast = last;
      last = row;
      row = reused;
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(last[j - 1] + cost, Math.min(last[j], row[j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
    }
    return row[b.length()];
  }
}
