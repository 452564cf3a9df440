package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Resolves the words of one instruction, all with the same values. It also bounds what may come of
 * them, because {@code ENV a=$a$a} doubles with each line.
 */
final class Expander {
  /** Characters that one instruction may have, once expanded, on top of what was written. */
  static final int LIMIT = SourceText.SIZE_LIMIT + (1 << 20);

  private final Origin origin;
  private final Variables variables;
  private int left = LIMIT;

  Expander(Origin origin, Variables variables) {
    this.origin = origin;
    this.variables = variables;
  }

  String word(String word) {
    return run(word, origin.escape(), Set.of());
  }

  Optional<String> optional(Optional<String> word) {
    return word.map(this::word);
  }

  List<String> each(List<String> words) {
    List<String> out = new ArrayList<>(words.size());
    for (String word : words) {
      out.add(word(word));
    }
    return out;
  }

  /** One word may become several, or none. */
  List<String> split(List<String> words) {
    List<String> out = new ArrayList<>();
    for (String word : words) {
      try {
        Substitution substitution =
            new Substitution(word, origin.escape(), variables, left, Set.of());
        for (String part : substitution.words()) {
          out.add(part);
          left -= part.length();
        }
      } catch (Substitution.Malformed e) {
        throw failure(word, e);
      }
    }
    return out;
  }

  List<KeyValue> pairs(List<KeyValue> pairs) {
    List<KeyValue> out = new ArrayList<>(pairs.size());
    for (KeyValue pair : pairs) {
      out.add(new KeyValue(word(pair.key()), word(pair.value()), pair.legacy()));
    }
    return out;
  }

  /** Documents whose delimiter is quoted stay as they are; quotes in the others are just text. */
  List<Heredoc> documents(List<Heredoc> documents) {
    List<Heredoc> out = new ArrayList<>(documents.size());
    for (Heredoc document : documents) {
      out.add(
          document.expand()
              // Tabs go before, so that a value's own tabs stay; the escape is always a backslash.
              ? document.withText(
                  run(document.text(), '\\', EnumSet.of(Substitution.Keep.QUOTES_AS_TEXT)))
              : document);
    }
    return out;
  }

  private String run(String text, char escape, Set<Substitution.Keep> keep) {
    try {
      String out = new Substitution(text, escape, variables, left, keep).word();
      left -= out.length();
      return out;
    } catch (Substitution.Malformed e) {
      throw failure(text, e);
    }
  }

  private BuildException failure(String text, Substitution.Malformed cause) {
    return origin.failure("failed to process \"" + shortened(text) + "\": " + cause.text());
  }

  private static String shortened(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
