package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.List;

/** Splits arguments into words; quotes, escapes and variables stay in them. */
final class Words {
  private Words() {}

  /** Separated by white space, whatever quotes say. */
  static List<String> separated(String text) {
    List<String> words = new ArrayList<>();
    int i = 0;
    while (i < text.length()) {
      int start = i;
      while (i < text.length() && !Space.separates(text.charAt(i))) {
        i++;
      }
      if (i > start) {
        words.add(text.substring(start, i));
      }
      while (i < text.length() && Space.separates(text.charAt(i))) {
        i++;
      }
    }
    return words;
  }

  /** Separated by white space that is neither quoted nor escaped. */
  static List<String> quoted(String text, char escape) {
    List<String> words = new ArrayList<>();
    int i = Space.skip(text, 0);
    while (i < text.length()) {
      StringBuilder word = new StringBuilder();
      char quote = 0;
      while (i < text.length()) {
        char c = text.charAt(i);
        if (quote == 0 && Space.is(c)) {
          break;
        }
        i++;
        // In single quotes nothing can be escaped.
        if (c == escape && quote != '\'') {
          if (i == text.length()) {
            break;
          }
          word.append(c).append(text.charAt(i++));
          continue;
        }
        if (c == quote) {
          quote = 0;
        } else if (quote == 0 && (c == '\'' || c == '"')) {
          quote = c;
        }
        word.append(c);
      }
      if (!word.isEmpty()) {
        words.add(word.toString());
      }
      i = Space.skip(text, i);
    }
    return words;
  }
}
