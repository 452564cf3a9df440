package dev.slipway.e2e.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the plain progress of a builder pod, line by line, and shows each step on one line when it
 * ends. What a step printed is shown only if it fails.
 */
final class BuildLog {
  private static final Pattern LINE = Pattern.compile("#(\\d+) (.*)");
  private static final Pattern OUTPUT = Pattern.compile("(\\d+\\.\\d{3}) (.*)");
  private static final int KEPT = 20;

  private final Console console;
  private final Map<String, String> running = new LinkedHashMap<>();
  private final Map<String, Deque<String>> output = new HashMap<>();

  BuildLog(Console console) {
    this.console = console;
  }

  void line(String line) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.matches()) {
      if (!line.isBlank()) {
        console.detail(line);
      }
      return;
    }
    String number = matcher.group(1);
    String text = matcher.group(2);
    String title = running.get(number);
    if (title == null) {
      running.put(number, text);
    } else if (text.startsWith("DONE ")) {
      console.done(end(number), text.substring("DONE ".length()));
    } else if (text.equals("CACHED")) {
      console.skipped(end(number), "cached");
    } else if (text.equals("CANCELED")) {
      console.skipped(end(number), "cancelled");
    } else if (text.startsWith("ERROR: ")) {
      output.getOrDefault(number, new ArrayDeque<>()).forEach(console::detail);
      console.failed(end(number) + ": " + text.substring("ERROR: ".length()));
    } else {
      keep(number, text);
    }
    if (!running.isEmpty()) {
      running.values().stream().reduce((first, last) -> last).ifPresent(console::under);
    }
  }

  private String end(String number) {
    String title = running.remove(number);
    return title == null ? "" : title;
  }

  private void keep(String number, String text) {
    Matcher matcher = OUTPUT.matcher(text);
    if (matcher.matches()) {
      Deque<String> lines = output.computeIfAbsent(number, key -> new ArrayDeque<>());
      lines.addLast(matcher.group(2));
      if (lines.size() > KEPT) {
        lines.removeFirst();
      }
    }
  }
}
