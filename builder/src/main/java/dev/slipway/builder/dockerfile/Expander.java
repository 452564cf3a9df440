package dev.slipway.builder.dockerfile;

import java.util.List;
import java.util.Optional;

/** Resolves variables, quotes and escapes in the words of one instruction. */
final class Expander {
  Expander(Origin origin, Variables variables) {}

  String word(String word) {
    return Unwritten.yet();
  }

  Optional<String> optional(Optional<String> word) {
    return word.map(this::word);
  }

  List<String> each(List<String> words) {
    return words.stream().map(this::word).toList();
  }

  List<KeyValue> pairs(List<KeyValue> pairs) {
    return pairs.stream()
        .map(pair -> new KeyValue(word(pair.key()), word(pair.value()), pair.legacy()))
        .toList();
  }

  List<Heredoc> documents(List<Heredoc> documents) {
    return Unwritten.yet();
  }
}
