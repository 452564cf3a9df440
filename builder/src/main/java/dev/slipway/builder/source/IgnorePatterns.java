package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.ArrayList;
import java.util.List;

/**
 * A list of patterns with exceptions, as in {@code .dockerignore} (moby/patternmatcher): a path
 * matches when the last pattern that speaks about it or about one of its parent directories is not
 * an exception ({@code !}). Paths are relative, slash-separated, without a leading slash.
 *
 * <p>Immutable and safe for use by several threads.
 */
public final class IgnorePatterns {
  private static final IgnorePatterns NONE = new IgnorePatterns(List.of());

  private record Pattern(String text, Glob glob, boolean exception) {}

  private final List<Pattern> patterns;
  private final boolean exceptions;

  private IgnorePatterns(List<Pattern> patterns) {
    this.patterns = List.copyOf(patterns);
    this.exceptions = patterns.stream().anyMatch(Pattern::exception);
  }

  /** Matches nothing. */
  public static IgnorePatterns none() {
    return NONE;
  }

  /**
   * The lines of an ignore file. A byte order mark, comments ({@code #} in the first column) and
   * blank lines are skipped; a leading slash is dropped.
   *
   * @param file the name for error messages
   * @throws BuildException CONTEXT_INVALID for a pattern that is malformed, with its line
   */
  public static IgnorePatterns parse(String file, String text) {
    List<Pattern> parsed = new ArrayList<>();
    String body = text.startsWith("\uFEFF") ? text.substring(1) : text;
    int number = 0;
    for (String raw : body.lines().toList()) {
      number++;
      if (raw.startsWith("#")) {
        continue;
      }
      String line = trim(raw);
      boolean exception = line.startsWith("!");
      String pattern = exception ? trim(line.substring(1)) : line;
      if (pattern.isEmpty() && !exception) {
        continue;
      }
      pattern = pattern.isEmpty() ? pattern : Paths.clean(pattern);
      if (pattern.length() > 1 && pattern.startsWith("/")) {
        pattern = pattern.substring(1);
      }
      try {
        parsed.add(compile(pattern, exception));
      } catch (IllegalArgumentException e) {
        throw new BuildException(
            ErrorCode.CONTEXT_INVALID,
            file + " line " + number + ": " + e.getMessage() + "; correct it or remove the line",
            e);
      }
    }
    return parsed.isEmpty() ? NONE : new IgnorePatterns(parsed);
  }

  /**
   * Patterns given one by one: {@code --exclude} of COPY and ADD. A leading {@code !} makes an
   * exception.
   *
   * @throws IllegalArgumentException for a pattern that is malformed; the message says why
   */
  public static IgnorePatterns of(List<String> texts) {
    List<Pattern> parsed = new ArrayList<>();
    for (String text : texts) {
      String trimmed = trim(text);
      if (trimmed.isEmpty()) {
        continue;
      }
      String clean = Paths.clean(trimmed);
      boolean exception = clean.startsWith("!");
      parsed.add(compile(exception ? clean.substring(1) : clean, exception));
    }
    return parsed.isEmpty() ? NONE : new IgnorePatterns(parsed);
  }

  private static Pattern compile(String pattern, boolean exception) {
    if (pattern.isEmpty()) {
      throw new IllegalArgumentException("an exception needs a pattern after its '!'");
    }
    return new Pattern(pattern, Glob.compileIgnore(pattern), exception);
  }

  /** Space as Go's TrimSpace sees it, which is more than what {@link String#trim} removes. */
  private static String trim(String text) {
    return text.strip();
  }

  public boolean isEmpty() {
    return patterns.isEmpty();
  }

  /** Whether some pattern starts with {@code !}. */
  public boolean hasExceptions() {
    return exceptions;
  }

  /** Whether one pattern alone matches all that there is. */
  public boolean matchesEverything() {
    return patterns.stream()
        .map(Pattern::text)
        .anyMatch(text -> text.equals("*") || text.equals("**") || text.equals("**/*"));
  }

  /** Whether {@code path} matches; looks at each of its parents, so a walk uses {@link #match}. */
  public boolean matches(String path) {
    Match match = Match.ROOT;
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      match = match(path.substring(0, slash), match);
    }
    return match(path, match).matched();
  }

  /**
   * The answer for {@code path}, given the answer for its parent directory ({@link Match#ROOT} for
   * a path without a slash).
   */
  public Match match(String path, Match parent) {
    if (patterns.isEmpty()) {
      return Match.ROOT;
    }
    boolean matched = false;
    boolean[] each = new boolean[patterns.size()];
    for (int i = 0; i < each.length; i++) {
      Pattern pattern = patterns.get(i);
      boolean hit = parent.each.length != 0 && parent.each[i];
      if (!hit) {
        // A pattern that could not change the answer is not tried; as in moby/patternmatcher, its
        // children then do not inherit a match from here.
        if (pattern.exception != matched) {
          continue;
        }
        hit = pattern.glob.matches(path);
      }
      each[i] = hit;
      if (hit) {
        matched = !pattern.exception;
      }
    }
    return new Match(matched, each);
  }

  /**
   * Whether a walk may skip what is below {@code directory}, which itself matched: no exception can
   * reach into it.
   */
  public boolean prunes(String directory) {
    if (!exceptions) {
      return true;
    }
    for (Pattern pattern : patterns) {
      if (pattern.exception && mayMatchBelow(pattern.text, directory)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a pattern that is no exception may match something below {@code directory}. */
  public boolean reaches(String directory) {
    for (Pattern pattern : patterns) {
      if (!pattern.exception && mayMatchBelow(pattern.text, directory)) {
        return true;
      }
    }
    return false;
  }

  /** Errs on the side of yes: a wrong yes costs time, a wrong no loses files. */
  private static boolean mayMatchBelow(String pattern, String directory) {
    String[] wanted = pattern.split("/", -1);
    String[] names = directory.split("/", -1);
    for (int i = 0; i < names.length; i++) {
      if (i == wanted.length || wanted[i].contains("**") || wanted[i].indexOf('[') >= 0) {
        return true;
      }
      if (!Glob.compileIgnore(wanted[i]).matches(names[i])) {
        return false;
      }
    }
    return true;
  }

  /** The patterns as normalised, exceptions with their {@code !}; part of a cache key. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (Pattern pattern : patterns) {
      out.append(pattern.exception ? "!" : "").append(pattern.text).append('\n');
    }
    return out.toString();
  }

  /** What a walk carries from a directory to its children. */
  public static final class Match {
    /** Above everything: nothing matched yet. */
    public static final Match ROOT = new Match(false, new boolean[0]);

    private final boolean matched;
    private final boolean[] each;

    private Match(boolean matched, boolean[] each) {
      this.matched = matched;
      this.each = each;
    }

    public boolean matched() {
      return matched;
    }
  }
}
