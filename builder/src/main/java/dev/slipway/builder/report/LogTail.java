package dev.slipway.builder.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The last lines of a step's output, in bounded memory. Thread-safe. */
public final class LogTail {
  private static final int LONGEST_LINE = 2000;

  private final int capacity;
  private final Deque<String> lines = new ArrayDeque<>();

  public LogTail(int capacity) {
    this.capacity = capacity;
  }

  public synchronized void add(String line) {
    lines.addLast(line.length() <= LONGEST_LINE ? line : line.substring(0, LONGEST_LINE) + "…");
    if (lines.size() > capacity) {
      lines.removeFirst();
    }
  }

  public synchronized List<String> lines() {
    return List.copyOf(lines);
  }
}
