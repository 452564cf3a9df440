package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.List;

/** Words of a text, collected as they come; see {@link Substitution#words}. */
final class WordList {
  private final List<String> words = new ArrayList<>();
  private final StringBuilder word = new StringBuilder();

  void add(char c) {
    if (!Space.is(c)) {
      word.append(c);
    } else if (!word.isEmpty()) {
      words.add(word.toString());
      word.setLength(0);
    }
  }

  /** What a variable held is split. */
  void split(StringBuilder out, int from) {
    for (int i = from; i < out.length(); i++) {
      add(out.charAt(i));
    }
  }

  /** What was quoted or escaped is not. */
  void raw(StringBuilder out, int from) {
    word.append(out, from, out.length());
  }

  List<String> finish() {
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }
}
