package dev.slipway.e2e.bench;

import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/** One curve as SVG, beside the straight line from nothing to its last point. */
final class Plot {
  private static final int WIDTH = 420;
  private static final int HEIGHT = 260;
  private static final int LEFT = 56;
  private static final int BOTTOM = 44;
  private static final int TOP = 28;
  private static final int RIGHT = 16;

  private Plot() {}

  /** A point. */
  record Point(double x, double y) {}

  /**
   * Draws.
   *
   * @param points in the order of x; both axes start at 0
   */
  static String svg(String title, String xTitle, String yTitle, List<Point> points) {
    double maxX = points.stream().mapToDouble(Point::x).max().orElse(1);
    double maxY = 1.15 * points.stream().mapToDouble(Point::y).max().orElse(1);
    Formatter svg = new Formatter(Locale.ROOT);
    svg.format(
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif'"
            + " font-size='11'>%n",
        WIDTH, HEIGHT);
    svg.format("<rect width='100%%' height='100%%' fill='white'/>%n");
    svg.format("<text x='%d' y='16' font-size='13'>%s</text>%n", LEFT, title);
    for (int i = 0; i <= 4; i++) {
      double value = maxY * i / 4;
      double y = y(value, maxY);
      svg.format("<path d='M%d %.1fH%d' stroke='#ddd'/>%n", LEFT, y, WIDTH - RIGHT);
      svg.format(
          "<text x='%d' y='%.1f' text-anchor='end'>%s</text>%n", LEFT - 6, y + 4, number(value));
    }
    StringBuilder path = new StringBuilder();
    for (Point point : points) {
      double x = x(point.x(), maxX);
      double y = y(point.y(), maxY);
      path.append(String.format(Locale.ROOT, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", x, y));
      svg.format("<circle cx='%.1f' cy='%.1f' r='3' fill='#0b62a4'/>%n", x, y);
      svg.format(
          "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>%n",
          x, HEIGHT - BOTTOM + 16, number(point.x()));
    }
    if (!points.isEmpty()) {
      svg.format(
          "<path d='M%d %dL%.1f %.1f' stroke='#999' stroke-dasharray='4 3'/>%n",
          LEFT, HEIGHT - BOTTOM, x(maxX, maxX), y(points.getLast().y(), maxY));
    }
    svg.format("<path d='%s' stroke='#0b62a4' stroke-width='2' fill='none'/>%n", path);
    svg.format(
        "<text x='%d' y='%d' text-anchor='middle'>%s</text>%n",
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, xTitle);
    svg.format(
        "<text transform='translate(12 %d) rotate(-90)' text-anchor='middle'>%s</text>%n",
        (TOP + HEIGHT - BOTTOM) / 2, yTitle);
    return svg.format("</svg>%n").toString();
  }

  private static double x(double value, double max) {
    return LEFT + value / max * (WIDTH - LEFT - RIGHT - 10);
  }

  private static double y(double value, double max) {
    return HEIGHT - BOTTOM - value / max * (HEIGHT - BOTTOM - TOP);
  }

  private static String number(double value) {
    if (value >= 1000) {
      return String.format(Locale.ROOT, value % 1000 == 0 ? "%.0fk" : "%.1fk", value / 1000);
    }
    return String.format(Locale.ROOT, value == Math.rint(value) ? "%.0f" : "%.1f", value);
  }
}
