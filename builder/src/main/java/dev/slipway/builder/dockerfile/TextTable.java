package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.List;

/** Columns that line up; the last one is not padded. */
final class TextTable {
  private final int gap;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * @param gap blanks between columns
   */
  TextTable(int gap) {
    this.gap = gap;
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        String cell = row.get(i);
        out.append(cell);
        if (i < row.size() - 1) {
          out.repeat(" ", width(i) + gap - cell.codePointCount(0, cell.length()));
        }
      }
      out.append('\n');
    }
    return out.toString();
  }

  private int width(int column) {
    return rows.stream()
        .map(row -> row.get(column))
        .mapToInt(cell -> cell.codePointCount(0, cell.length()))
        .max()
        .orElse(0);
  }
}
