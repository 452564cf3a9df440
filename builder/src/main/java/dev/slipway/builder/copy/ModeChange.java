package dev.slipway.builder.copy;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What {@code --chmod} does to a mode: set it (octal), or change it as chmod(1) does with symbols
 * such as {@code u=rwX,go=rX}, {@code +x} or {@code g=u}. No umask takes part.
 */
public final class ModeChange {
  private enum Action {
    ADD,
    REMOVE,
    SET
  }

  /**
   * One action of one clause.
   *
   * @param who the bits of the users it is about, out of 07777
   * @param bits plain permissions for all three users, setuid, setgid and sticky
   * @param executeIfAny X: execute, but only for directories and what is executable already
   * @param copyFrom 'u', 'g' or 'o', or 0
   */
  private record Step(Action action, int who, int bits, boolean executeIfAny, char copyFrom) {}

  private final String text;
  private final OptionalInt octal;
  private final List<Step> steps;

  private ModeChange(String text, OptionalInt octal, List<Step> steps) {
    this.text = text;
    this.octal = octal;
    this.steps = List.copyOf(steps);
  }

  /**
   * Reads the value of the flag.
   *
   * @throws IllegalArgumentException for text that is neither; the message says what is wanted
   */
  public static ModeChange parse(String text) {
    if (text.isEmpty() || Character.isDigit(text.charAt(0))) {
      if (!text.matches("[0-7]{1,7}") || Integer.parseInt(text, 8) > 07777) {
        throw new IllegalArgumentException(
            "invalid chmod parameter: '"
                + text
                + "'. it should be octal string and between 0 and 07777");
      }
      return new ModeChange(text, OptionalInt.of(Integer.parseInt(text, 8)), List.of());
    }
    return new ModeChange(text, OptionalInt.empty(), new Parser(text).steps());
  }

  /** The mode of {@code --chmod=0755} and the like. */
  OptionalInt octal() {
    return octal;
  }

  /** The mode that comes out; symbolic links have none, so they are not asked about. */
  public int apply(int mode, boolean directory) {
    if (octal.isPresent()) {
      return octal.getAsInt();
    }
    int result = mode;
    for (Step step : steps) {
      result = apply(step, result, directory);
    }
    return result;
  }

  private static int apply(Step step, int mode, boolean directory) {
    int bits = step.bits();
    if (step.executeIfAny() && (directory || (mode & 0111) != 0)) {
      bits |= 0111;
    }
    if (step.copyFrom() != 0) {
      int shift = step.copyFrom() == 'u' ? 6 : step.copyFrom() == 'g' ? 3 : 0;
      int rwx = (mode >>> shift) & 7;
      bits |= rwx << 6 | rwx << 3 | rwx;
    }
    int masked = bits & step.who();
    return switch (step.action()) {
      case ADD -> mode | masked;
      case REMOVE -> mode & ~masked;
      case SET -> (mode & ~cleared(step.who(), directory)) | masked;
    };
  }

  /** GNU and BSD chmod keep a directory's setuid and setgid bits unless they are named. */
  private static int cleared(int who, boolean directory) {
    return directory ? who & ~06000 : who;
  }

  @Override
  public String toString() {
    return text;
  }

  private static final class Parser {
    private final String text;
    private final List<Step> steps = new ArrayList<>();

    Parser(String text) {
      this.text = text;
    }

    List<Step> steps() {
      for (String clause : text.split(",", -1)) {
        clause(clause);
      }
      return steps;
    }

    private void clause(String clause) {
      int at = 0;
      int who = 0;
      for (; at < clause.length() && "ugoa".indexOf(clause.charAt(at)) >= 0; at++) {
        who |=
            switch (clause.charAt(at)) {
              case 'u' -> 04700;
              case 'g' -> 02070;
              case 'o' -> 01007;
              default -> 07777;
            };
      }
      if (who == 0) {
        who = 07777;
      }
      if (at == clause.length()) {
        throw bad();
      }
      while (at < clause.length()) {
        Action action =
            switch (clause.charAt(at++)) {
              case '+' -> Action.ADD;
              case '-' -> Action.REMOVE;
              case '=' -> Action.SET;
              default -> throw bad();
            };
        at = permissions(clause, at, action, who);
      }
    }

    private int permissions(String clause, int start, Action action, int who) {
      int at = start;
      if (at < clause.length() && "ugo".indexOf(clause.charAt(at)) >= 0) {
        steps.add(new Step(action, who, 0, false, clause.charAt(at)));
        return at + 1;
      }
      int bits = 0;
      boolean executeIfAny = false;
      for (; at < clause.length() && "+-=".indexOf(clause.charAt(at)) < 0; at++) {
        switch (clause.charAt(at)) {
          case 'r' -> bits |= 0444;
          case 'w' -> bits |= 0222;
          case 'x' -> bits |= 0111;
          case 'X' -> executeIfAny = true;
          case 's' -> bits |= 06000;
          case 't' -> bits |= 01000;
          default -> throw bad();
        }
      }
      // Sticky belongs to nobody: "u+t" sets nothing, "+t" and "o+t" do.
      steps.add(new Step(action, who, bits, executeIfAny, (char) 0));
      return at;
    }

    private IllegalArgumentException bad() {
      return new IllegalArgumentException(
          "invalid chmod parameter: '"
              + text
              + "'; give an octal mode such as 0755 or symbols such as u=rwX,go=rX");
    }
  }
}
