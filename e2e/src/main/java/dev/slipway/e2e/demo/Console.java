package dev.slipway.e2e.demo;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/**
 * Calm output: one line a fact, aligned, with one line at the bottom of a terminal for what is
 * under way. Colours and that line only where they can be seen. Thread-safe.
 */
final class Console {
  private static final int LABEL = 12;
  private static final int WIDTH = 64;

  private final PrintStream out;
  private final boolean terminal;
  private final boolean colour;
  private boolean transientLine;

  Console(PrintStream out, boolean terminal, boolean colour) {
    this.out = out;
    this.terminal = terminal;
    this.colour = colour;
  }

  /** The standard output; the launcher says whether it is a terminal. */
  static Console standard(Map<String, String> environment) {
    boolean terminal = "1".equals(environment.get("SLIPWAY_TERMINAL"));
    boolean colour = terminal && !environment.containsKey("NO_COLOR");
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    return new Console(out, terminal, colour);
  }

  synchronized void blank() {
    line("");
  }

  synchronized void title(String text) {
    line(bold(text));
  }

  /** A fact with a name; the time it took goes to the right, if it is worth saying. */
  synchronized void fact(String label, String text) {
    line("  " + dim(pad(label, LABEL)) + text);
  }

  synchronized void fact(String label, String text, Duration took) {
    line("  " + dim(pad(label, LABEL)) + pad(text, WIDTH) + dim(seconds(took)));
  }

  synchronized void done(String text, String took) {
    line("  " + green("✔") + " " + (took.isEmpty() ? text : aligned(text) + dim(took)));
  }

  synchronized void skipped(String text, String why) {
    line("  " + dim("•") + " " + aligned(text) + dim(why));
  }

  synchronized void failed(String text) {
    line("  " + red("✘") + " " + text);
  }

  synchronized void detail(String text) {
    line("    " + dim(text));
  }

  synchronized void command(String text) {
    line(dim("  $ ") + text);
  }

  /** What a program of the image said. */
  synchronized void quote(String text) {
    text.lines().forEach(each -> line("    " + cyan("│") + " " + each));
  }

  /** Shows what is under way, until the next line. */
  synchronized void under(String text) {
    if (terminal) {
      clear();
      out.print("  " + dim("… " + shortened(text)));
      out.flush();
      transientLine = true;
    }
  }

  private void line(String text) {
    clear();
    out.println(text);
  }

  private void clear() {
    if (transientLine) {
      out.print("\r\033[K");
      transientLine = false;
    }
  }

  private static String shortened(String text) {
    int limit = WIDTH + LABEL - 4;
    return text.length() <= limit ? text : text.substring(0, limit - 1) + "…";
  }

  private static String aligned(String text) {
    return pad(shortened(text), WIDTH + LABEL - 2);
  }

  private static String pad(String text, int width) {
    return text.length() >= width ? text + " " : text + " ".repeat(width - text.length());
  }

  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1fs", duration.toMillis() / 1000.0);
  }

  static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  private String bold(String text) {
    return paint("1", text);
  }

  private String dim(String text) {
    return paint("2", text);
  }

  private String green(String text) {
    return paint("32", text);
  }

  private String red(String text) {
    return paint("31", text);
  }

  private String cyan(String text) {
    return paint("36", text);
  }

  private String paint(String code, String text) {
    return colour && !text.isEmpty() ? "\033[" + code + "m" + text + "\033[0m" : text;
  }
}
