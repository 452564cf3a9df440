package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Label and field selectors as predicates. A field selector may name any field; a real server knows
 * a few per type and refuses the others.
 */
final class Selector {
  private static final Pattern SET =
      Pattern.compile("\\s*(\\S+)\\s+(in|notin)\\s*\\(([^)]*)\\)\\s*");
  private static final Pattern EQUALITY =
      Pattern.compile("\\s*([^=!\\s]+)\\s*(==|=|!=)\\s*(.*?)\\s*");
  // Commas inside parentheses belong to a set.
  private static final Pattern COMMA = Pattern.compile(",(?![^(]*\\))");

  private Selector() {}

  static Predicate<JsonNode> of(String labels, String fields) {
    return labels(labels).and(fields(fields));
  }

  private static Predicate<JsonNode> labels(String selector) {
    Predicate<JsonNode> all = object -> true;
    for (String term : terms(selector)) {
      Predicate<JsonNode> one = label(term);
      all = all.and(object -> one.test(object.path("metadata").path("labels")));
    }
    return all;
  }

  private static Predicate<JsonNode> label(String term) {
    Matcher set = SET.matcher(term);
    if (set.matches()) {
      String key = set.group(1);
      Set<String> values = Set.of(set.group(3).trim().split("\\s*,\\s*", -1));
      boolean in = set.group(2).equals("in");
      return labels -> (labels.has(key) && values.contains(labels.get(key).asText())) == in;
    }
    Matcher equality = EQUALITY.matcher(term);
    if (equality.matches()) {
      String key = equality.group(1);
      String value = equality.group(3);
      boolean equal = !equality.group(2).equals("!=");
      return labels -> (labels.has(key) && labels.get(key).asText().equals(value)) == equal;
    }
    String key = term.trim();
    return key.startsWith("!")
        ? labels -> !labels.has(key.substring(1).trim())
        : labels -> labels.has(key);
  }

  private static Predicate<JsonNode> fields(String selector) {
    Predicate<JsonNode> all = object -> true;
    for (String term : terms(selector)) {
      Matcher equality = EQUALITY.matcher(term);
      if (!equality.matches()) {
        throw ApiException.badRequest("the field selector does not parse: " + term);
      }
      String pointer = "/" + equality.group(1).replace('.', '/');
      String value = equality.group(3);
      boolean equal = !equality.group(2).equals("!=");
      all = all.and(object -> object.at(pointer).asText("").equals(value) == equal);
    }
    return all;
  }

  private static List<String> terms(String selector) {
    List<String> terms = new ArrayList<>();
    for (String term : COMMA.split(selector, -1)) {
      if (!term.isBlank()) {
        terms.add(term);
      }
    }
    return terms;
  }
}
