package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.List;

/** One line of comma-separated values (RFC 4180): a field with commas or quotes is quoted. */
final class Csv {
  private Csv() {}

  /**
   * The fields of {@code line}.
   *
   * @throws IllegalArgumentException where it is empty or a quote is misplaced
   */
  static List<String> fields(String line) {
    if (line.isEmpty()) {
      throw new IllegalArgumentException("the value has no fields");
    }
    List<String> fields = new ArrayList<>();
    int i = 0;
    while (true) {
      if (i < line.length() && line.charAt(i) == '"') {
        i = quoted(line, i + 1, fields);
      } else {
        int comma = line.indexOf(',', i);
        int end = comma < 0 ? line.length() : comma;
        String field = line.substring(i, end);
        if (field.indexOf('"') >= 0) {
          throw new IllegalArgumentException(
              "a quote in the middle of the field " + field + ": quote the whole field");
        }
        fields.add(field);
        i = end;
      }
      if (i == line.length()) {
        return fields;
      }
      i++;
    }
  }

  private static int quoted(String line, int from, List<String> fields) {
    StringBuilder field = new StringBuilder();
    int i = from;
    while (i < line.length()) {
      char c = line.charAt(i++);
      if (c != '"') {
        field.append(c);
      } else if (i < line.length() && line.charAt(i) == '"') {
        field.append('"');
        i++;
      } else if (i == line.length() || line.charAt(i) == ',') {
        fields.add(field.toString());
        return i;
      } else {
        break;
      }
    }
    throw new IllegalArgumentException("a quoted field is not closed before the next comma");
  }
}
