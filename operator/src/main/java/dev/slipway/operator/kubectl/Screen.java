package dev.slipway.operator.kubectl;

import java.io.PrintWriter;

/**
 * Where a build is followed. On a terminal what it waits for is one line that moves; elsewhere
 * every change is a line.
 */
sealed interface Screen {
  /** What it is at now; called again and again. */
  void at(String state);

  /** A piece of the builder's log. */
  void log(String text);

  /** The last word. */
  void end(boolean good, String text);

  /** A terminal if the launcher says so. */
  static Screen of(PrintWriter out) {
    return "1".equals(System.getenv("SLIPWAY_TERMINAL")) ? new Terminal(out) : new Plain(out);
  }

  /** One line a change. */
  final class Plain implements Screen {
    private final PrintWriter out;
    private String last = "";

    Plain(PrintWriter out) {
      this.out = out;
    }

    @Override
    public void at(String state) {
      if (!state.equals(last)) {
        last = state;
        out.println(state);
        out.flush();
      }
    }

    @Override
    public void log(String text) {
      out.print(text);
      out.flush();
    }

    @Override
    public void end(boolean good, String text) {
      out.println(text);
      out.flush();
    }
  }

  /** A line that says what is waited for, and since when. */
  final class Terminal implements Screen {
    private static final String[] WHEEL = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    private static final String CLEAR = "\r\u001b[K";

    private final PrintWriter out;
    private final boolean colour = System.getenv("NO_COLOR") == null;
    private String last = "";
    private long since;
    private int turn;
    private boolean shown;

    Terminal(PrintWriter out) {
      this.out = out;
    }

    @Override
    public void at(String state) {
      if (!state.equals(last)) {
        last = state;
        since = System.nanoTime();
      }
      long seconds = (System.nanoTime() - since) / 1_000_000_000L;
      String line = state.length() > 100 ? state.substring(0, 99) + "…" : state;
      out.print(
          CLEAR + WHEEL[turn++ % WHEEL.length] + " " + line + paint("2", " " + seconds + "s"));
      out.flush();
      shown = true;
    }

    @Override
    public void log(String text) {
      clear();
      out.print(text);
      out.flush();
    }

    @Override
    public void end(boolean good, String text) {
      clear();
      out.println((good ? paint("32", "✔") : paint("31", "✘")) + " " + text);
      out.flush();
    }

    private void clear() {
      if (shown) {
        out.print(CLEAR);
        shown = false;
      }
    }

    private String paint(String code, String text) {
      return colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
  }
}
