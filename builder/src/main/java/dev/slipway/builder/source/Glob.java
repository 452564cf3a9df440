package dev.slipway.builder.source;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A compiled pattern over slash-separated paths, in either of the two dialects that Dockerfiles
 * know. Both: {@code *} is any run of characters but a slash, {@code ?} one character but a slash,
 * {@code [a-z]} and {@code [^a-z]} a class, a backslash makes the next character literal.
 *
 * <ul>
 *   <li>{@link #compile} is Go's {@code filepath.Match}, for the sources of COPY and ADD.
 *   <li>{@link #compileIgnore} is moby/patternmatcher, for ignore files, {@code --exclude} and
 *       {@code --parents}: {@code **} crosses slashes. Its oddities are kept: a pattern that is
 *       {@code **} and then only literals matches by suffix, so {@code **foo} matches {@code xfoo},
 *       and {@code a**b} means {@code a}, any number of whole directories, {@code b}.
 * </ul>
 *
 * <p>Matching simulates an automaton: at most pattern length times path length steps, whatever the
 * pattern. Immutable and safe for use by several threads.
 */
public final class Glob {
  private enum Op {
    LITERAL,
    /** One character but a slash. */
    ANY,
    CLASS,
    /** Any run without a slash. */
    STAR,
    /** Either nothing, or what {@link #INSIDE} takes. */
    DIRECTORIES,
    /** Anything up to and with a slash. */
    INSIDE,
    /** Anything to the end. */
    REST
  }

  private record Range(int low, int high) {}

  private record Token(Op op, int codePoint, boolean negated, List<Range> ranges) {
    Token(Op op) {
      this(op, 0, false, List.of());
    }

    boolean accepts(int c) {
      for (Range range : ranges) {
        if (range.low <= c && c <= range.high) {
          return !negated;
        }
      }
      return negated;
    }
  }

  private final Token[] tokens;

  /** What every match starts with: rejects most paths without running the automaton. */
  private final String prefix;

  private final int prefixTokens;

  /** What every match ends with, after the prefix; likewise. */
  private final String ending;

  /** Not null: the pattern is this suffix after anything ({@code **} then literals). */
  private final @Nullable String suffix;

  private Glob(List<Token> tokens, @Nullable String suffix) {
    this.tokens = tokens.toArray(Token[]::new);
    this.suffix = suffix;
    StringBuilder literal = new StringBuilder();
    int count = 0;
    while (count < this.tokens.length && this.tokens[count].op() == Op.LITERAL) {
      literal.appendCodePoint(this.tokens[count++].codePoint());
    }
    this.prefix = literal.toString();
    this.prefixTokens = count;
    StringBuilder end = new StringBuilder();
    for (int i = this.tokens.length - 1; i >= count && this.tokens[i].op() == Op.LITERAL; i--) {
      end.insert(0, Character.toString(this.tokens[i].codePoint()));
    }
    this.ending = end.toString();
  }

  /**
   * Go's {@code filepath.Match}.
   *
   * @throws IllegalArgumentException where Go answers ErrBadPattern; the message says why
   */
  public static Glob compile(String pattern) {
    return new Glob(new Parser(pattern, false).tokens(), null);
  }

  /**
   * The dialect of ignore files.
   *
   * @throws IllegalArgumentException where Go answers ErrBadPattern; the message says why
   */
  public static Glob compileIgnore(String pattern) {
    List<Token> tokens = new Parser(pattern, true).tokens();
    String suffix = null;
    if (pattern.startsWith("**")
        && tokens.stream().skip(pattern.length() == 2 ? 1 : 2).allMatch(t -> t.op() == Op.LITERAL)
        && pattern.indexOf('\\') < 0) {
      suffix = pattern.substring(2);
    }
    return new Glob(tokens, suffix);
  }

  /** Whether {@code pattern} has anything but literal characters. */
  public static boolean hasWildcards(String pattern) {
    for (int i = 0; i < pattern.length(); i++) {
      switch (pattern.charAt(i)) {
        case '\\' -> i++;
        case '*', '?', '[' -> {
          return true;
        }
        default -> {}
      }
    }
    return false;
  }

  /** Whether the whole of {@code path} matches. */
  public boolean matches(String path) {
    if (suffix != null) {
      return path.endsWith(suffix)
          || (suffix.startsWith("/") && path.contentEquals(suffix.substring(1)));
    }
    if (!path.startsWith(prefix) || !path.endsWith(ending)) {
      return false;
    }
    if (prefixTokens == tokens.length) {
      return path.length() == prefix.length();
    }
    return simulate(path, prefix.length());
  }

  private boolean simulate(String path, int start) {
    int end = tokens.length;
    boolean[] now = new boolean[end + 1];
    boolean[] next = new boolean[end + 1];
    enter(now, prefixTokens);
    for (int i = start; i < path.length(); ) {
      int c = path.codePointAt(i);
      i += Character.charCount(c);
      Arrays.fill(next, false);
      boolean alive = false;
      for (int state = prefixTokens; state < end; state++) {
        if (!now[state]) {
          continue;
        }
        Token token = tokens[state];
        switch (token.op()) {
          case LITERAL -> alive |= c == token.codePoint() && enter(next, state + 1);
          case ANY -> alive |= c != '/' && enter(next, state + 1);
          case CLASS -> alive |= token.accepts(c) && enter(next, state + 1);
          case STAR -> alive |= c != '/' && enter(next, state);
          case INSIDE -> {
            alive |= enter(next, state);
            if (c == '/') {
              enter(next, state + 1);
            }
          }
          case REST -> alive |= enter(next, state);
          case DIRECTORIES -> {} // enter() never stops here
        }
      }
      if (!alive) {
        return false;
      }
      boolean[] swap = now;
      now = next;
      next = swap;
    }
    return now[end];
  }

  /** Adds {@code state} and all that is reachable from it without a character; answers true. */
  private boolean enter(boolean[] states, int state) {
    for (int s = state; ; s++) {
      if (states[s]) {
        return true;
      }
      states[s] = true;
      if (s == tokens.length) {
        return true;
      }
      switch (tokens[s].op()) {
        case STAR, REST -> {} // may be empty: on to the next
        case DIRECTORIES -> {
          enter(states, s + 2);
          states[s + 1] = true;
          return true;
        }
        default -> {
          return true;
        }
      }
    }
  }

  private static final class Parser {
    private final String pattern;
    private final boolean ignoreDialect;
    private int at;

    Parser(String pattern, boolean ignoreDialect) {
      this.pattern = pattern;
      this.ignoreDialect = ignoreDialect;
    }

    List<Token> tokens() {
      List<Token> tokens = new ArrayList<>();
      while (at < pattern.length()) {
        int c = next();
        switch (c) {
          case '*' -> star(tokens);
          case '?' -> tokens.add(new Token(Op.ANY));
          case '[' -> tokens.add(characterClass());
          case '\\' -> tokens.add(literal(escaped()));
          default -> tokens.add(literal(c));
        }
      }
      return tokens;
    }

    private void star(List<Token> tokens) {
      if (!ignoreDialect || !take('*')) {
        if (tokens.isEmpty() || tokens.getLast().op() != Op.STAR) {
          tokens.add(new Token(Op.STAR));
        }
        return;
      }
      take('/');
      if (at == pattern.length()) {
        tokens.add(new Token(Op.REST));
        return;
      }
      tokens.add(new Token(Op.DIRECTORIES));
      tokens.add(new Token(Op.INSIDE));
    }

    private Token characterClass() {
      boolean negated = take('^');
      List<Range> ranges = new ArrayList<>();
      while (true) {
        if (at >= pattern.length()) {
          throw bad("has a '[' without its ']'");
        }
        if (!ranges.isEmpty() && take(']')) {
          break;
        }
        int low = classCharacter();
        int high = low;
        if (take('-')) {
          high = classCharacter();
        }
        ranges.add(new Range(low, high));
      }
      return new Token(Op.CLASS, 0, negated, List.copyOf(ranges));
    }

    private int classCharacter() {
      if (at >= pattern.length()) {
        throw bad("has a '[' without its ']'");
      }
      int c = next();
      if (c == '-' || c == ']') {
        throw bad("has a misplaced '" + Character.toString(c) + "' in a [class]");
      }
      return c == '\\' ? escaped() : c;
    }

    private int escaped() {
      if (at >= pattern.length()) {
        throw bad("ends with a backslash");
      }
      return next();
    }

    private boolean take(char wanted) {
      if (at < pattern.length() && pattern.charAt(at) == wanted) {
        at++;
        return true;
      }
      return false;
    }

    private int next() {
      int c = pattern.codePointAt(at);
      at += Character.charCount(c);
      return c;
    }

    private static Token literal(int c) {
      return new Token(Op.LITERAL, c, false, List.of());
    }

    private IllegalArgumentException bad(String why) {
      return new IllegalArgumentException("the pattern '" + pattern + "' " + why);
    }
  }
}
