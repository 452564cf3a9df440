package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import java.util.Locale;
import java.util.Set;

/** {@code STOPSIGNAL signal}: a number or a name such as {@code SIGTERM}. */
public record StopSignal(Origin origin, String signal) implements Instruction {
  private static final Set<String> NAMES =
      Set.of(
          "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT",
          "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM",
          "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
          "RTMIN", "RTMAX");

  /**
   * {@inheritDoc}
   *
   * @throws BuildException also where the result is no signal of Linux
   */
  @Override
  public StopSignal expand(Variables variables) {
    String expanded = new Expander(origin, variables).word(signal);
    if (!isSignal(expanded)) {
      throw origin.failure("invalid signal: " + expanded);
    }
    return new StopSignal(origin, expanded);
  }

  private static boolean isSignal(String text) {
    try {
      return Integer.parseInt(text) != 0;
    } catch (NumberFormatException e) {
      String upper = text.toUpperCase(Locale.ROOT);
      String name = upper.startsWith("SIG") ? upper.substring(3) : upper;
      return NAMES.contains(name)
          || isRealTime(name, "RTMIN+", 15)
          || isRealTime(name, "RTMAX-", 14);
    }
  }

  private static boolean isRealTime(String name, String base, int last) {
    if (!name.startsWith(base) || name.length() > base.length() + 2) {
      return false;
    }
    String number = name.substring(base.length());
    return number.matches("[1-9][0-9]?") && Integer.parseInt(number) <= last;
  }
}
