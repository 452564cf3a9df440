package dev.slipway.operator.kubectl;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Rows in columns as wide as they need, three spaces apart, as kubectl prints them. */
final class Table {
  private final List<List<String>> rows = new ArrayList<>();
  private final String indent;

  Table(String indent, String... head) {
    this.indent = indent;
    rows.add(List.of(head));
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  void print(PrintWriter out) {
    int columns = rows.getFirst().size();
    int[] width = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        width[i] = Math.max(width[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder(indent);
      for (int i = 0; i < columns; i++) {
        line.append(row.get(i)).repeat(' ', width[i] - row.get(i).length() + 3);
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
