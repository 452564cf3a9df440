package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads {@code # key=value} lines until the first line that is not one. */
final class DirectiveReader {
  private final SourceText source;
  private final Map<String, String> values = new HashMap<>();
  private CheckOptions check = CheckOptions.DEFAULT;
  private char escape = '\\';
  private boolean done;
  private boolean shebang;

  DirectiveReader(SourceText source) {
    this.source = source;
  }

  char escape() {
    return escape;
  }

  Directives result() {
    return new Directives(Optional.ofNullable(values.get("syntax")), escape, check);
  }

  /**
   * Looks at one line; true if it is a directive.
   *
   * @param start index of its first character that is not white space
   */
  boolean read(String line, int start, int number) {
    if (done) {
      return false;
    }
    if (number == 1 && line.startsWith("#!")) {
      shebang = true;
      return false;
    }
    if (start == line.length() || line.charAt(start) != '#') {
      done = true;
      return false;
    }
    int keyStart = Space.skip(line, start + 1);
    int keyEnd = keyStart;
    while (keyEnd < line.length() && isKeyPart(line.charAt(keyEnd), keyEnd == keyStart)) {
      keyEnd++;
    }
    int equals = skipBlanks(line, keyEnd);
    if (keyEnd == keyStart || equals == line.length() || line.charAt(equals) != '=') {
      done = true;
      return false;
    }
    String key = line.substring(keyStart, keyEnd).toLowerCase(Locale.ROOT);
    int valueStart = skipBlanks(line, equals + 1);
    String value = line.substring(valueStart).stripTrailing();
    if (value.isEmpty() || !isKnown(key)) {
      done = true;
      return false;
    }
    Location place = new Location(source.fileName(), number, keyStart + 1, number);
    if (values.put(key, value) != null) {
      throw source.failure("only one " + key + " parser directive can be used", place);
    }
    apply(key, value, new Location(source.fileName(), number, valueStart + 1, number));
    return true;
  }

  private static int skipBlanks(String line, int from) {
    int i = from;
    while (i < line.length() && " \t\f\r".indexOf(line.charAt(i)) >= 0) {
      i++;
    }
    return i;
  }

  private static boolean isKeyPart(char c, boolean first) {
    boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (!first && c >= '0' && c <= '9');
  }

  private boolean isKnown(String key) {
    return switch (key) {
      case "syntax", "check" -> true;
      // After a "#!" line BuildKit still finds the two above, but no longer this one.
      case "escape" -> !shebang;
      default -> false;
    };
  }

  private void apply(String key, String value, Location place) {
    switch (key) {
      case "syntax" -> requireDockerfileFrontend(value, place);
      case "check" -> {
        try {
          check = CheckOptions.parse(firstWord(value));
        } catch (IllegalArgumentException e) {
          throw source.failure("failed to parse check options: " + e.getMessage(), place);
        }
      }
      default -> {
        if (!value.equals("\\") && !value.equals("`")) {
          throw source.failure(
              "invalid escape token '" + value + "': it must be \\ or `, one character", place);
        }
        escape = value.charAt(0);
      }
    }
  }

  /**
   * Any version of the Dockerfile frontend means this language. Another frontend may read a quite
   * different one, so that going on would build something else than was asked for.
   */
  private void requireDockerfileFrontend(String value, Location place) {
    String image = firstWord(value);
    int digest = image.indexOf('@');
    String name = digest < 0 ? image : image.substring(0, digest);
    String last = name.substring(name.lastIndexOf('/') + 1);
    int tag = last.indexOf(':');
    last = tag < 0 ? last : last.substring(0, tag);
    if (!last.equals("dockerfile") && !last.equals("dockerfile-upstream")) {
      throw source.failure(
          ErrorCode.UNSUPPORTED,
          "the syntax directive asks for the frontend \""
              + image
              + "\", which cannot be run here; only docker/dockerfile, the Dockerfile language, is"
              + " built in",
          place);
    }
  }

  private static String firstWord(String value) {
    int space = value.indexOf(' ');
    return space < 0 ? value : value.substring(0, space);
  }
}
