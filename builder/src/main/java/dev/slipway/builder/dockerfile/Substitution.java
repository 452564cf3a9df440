package dev.slipway.builder.dockerfile;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Resolves variables, quotes and escapes in one text, as a shell would. Used once.
 *
 * <p>The grammar is that of the <a
 * href="https://docs.docker.com/reference/dockerfile/#environment-replacement">reference</a>.
 */
final class Substitution {
  /** What is left alone. */
  enum Keep {
    /** Quotes stay around what they quote; what is in single quotes is still taken as it is. */
    QUOTES,
    /** Escape characters stay in front of what they escape. */
    ESCAPES,
    /** {@code $name} stays where it is not set. */
    UNSET,
    /** Quotes mean nothing at all: the content of a document. */
    QUOTES_AS_TEXT
  }

  /** Raised for what is wrong with a text; {@link Expander} knows where it stands. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, false, false);
    }

    String text() {
      return String.valueOf(getMessage());
    }
  }

  /** Far more than anybody nests, far less than the stack holds. */
  private static final int MAX_DEPTH = 100;

  private static final int END = -1;

  private final String text;
  private final char escape;
  private final Variables variables;
  private final Set<Keep> keep;
  private final int limit;
  private boolean keepEscapes;
  private int position;
  private int depth;

  /**
   * @param limit how many characters may come of it
   */
  Substitution(String text, char escape, Variables variables, int limit, Set<Keep> keep) {
    this.text = text;
    this.escape = escape;
    this.variables = variables;
    this.limit = limit;
    this.keep = keep.isEmpty() ? Set.of() : EnumSet.copyOf(keep);
    this.keepEscapes = keep.contains(Keep.ESCAPES);
  }

  /** The result as one word. */
  String word() throws Malformed {
    if (isPlain()) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length() + 16);
    until(END, out, null);
    return out.toString();
  }

  /** The result as words, split at white space that is neither quoted nor escaped. */
  List<String> words() throws Malformed {
    WordList words = new WordList();
    until(END, new StringBuilder(), words);
    return words.finish();
  }

  private boolean isPlain() {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '$' || c == '\'' || c == '"' || c == escape) {
        return false;
      }
    }
    return text.length() <= limit;
  }

  private int peek() {
    return position < text.length() ? text.charAt(position) : END;
  }

  private int next() {
    return position < text.length() ? text.charAt(position++) : END;
  }

  /** Resolves up to {@code stop}, which is consumed, into {@code out}. */
  private void until(int stop, StringBuilder out, @Nullable WordList words) throws Malformed {
    boolean quotes = !keep.contains(Keep.QUOTES_AS_TEXT);
    while (position < text.length()) {
      char c = text.charAt(position);
      if (c == stop) {
        position++;
        return;
      }
      int start = out.length();
      if (c == '$') {
        dollar(out);
        if (words != null) {
          words.split(out, start);
        }
      } else if (quotes && c == '\'') {
        singleQuoted(out);
        addRaw(words, out, start);
      } else if (quotes && c == '"') {
        doubleQuoted(out);
        addRaw(words, out, start);
      } else if (c == '<' && words != null) {
        heredocMark(out);
        addRaw(words, out, start);
      } else if (c == escape) {
        position++;
        if (keepEscapes) {
          out.append(c);
        }
        if (position < text.length()) {
          out.append(text.charAt(position++));
        }
        addRaw(words, out, start);
      } else {
        position++;
        out.append(c);
        if (words != null) {
          words.add(c);
        }
      }
      checkLimit(out);
    }
    if (stop != END) {
      throw new Malformed(
          stop == '}' ? "syntax error: missing '}'" : "syntax error: missing '/' in ${}");
    }
  }

  private static void addRaw(@Nullable WordList words, StringBuilder out, int start) {
    if (words != null) {
      words.raw(out, start);
    }
  }

  private void checkLimit(StringBuilder out) throws Malformed {
    if (out.length() > limit) {
      throw new Malformed("the result is longer than " + limit + " characters");
    }
  }

  private void singleQuoted(StringBuilder out) throws Malformed {
    int end = text.indexOf('\'', position + 1);
    if (end < 0) {
      throw new Malformed("unexpected end of statement while looking for matching single-quote");
    }
    if (keep.contains(Keep.QUOTES)) {
      out.append(text, position, end + 1);
    } else {
      out.append(text, position + 1, end);
    }
    position = end + 1;
  }

  private void doubleQuoted(StringBuilder out) throws Malformed {
    boolean keepQuotes = keep.contains(Keep.QUOTES);
    position++;
    if (keepQuotes) {
      out.append('"');
    }
    while (position < text.length()) {
      char c = text.charAt(position);
      if (c == '$') {
        dollar(out);
        checkLimit(out);
        continue;
      }
      position++;
      if (c == '"') {
        if (keepQuotes) {
          out.append('"');
        }
        return;
      }
      if (c != escape) {
        out.append(c);
        continue;
      }
      if (keepEscapes) {
        out.append(c);
      }
      int following = peek();
      if (following == '"' || following == '$' || following == escape) {
        out.append((char) next());
      } else if (following != END) {
        // In double quotes only the three above can be escaped.
        out.append(c);
      }
    }
    throw new Malformed("unexpected end of statement while looking for matching double-quote");
  }

  /** Keeps {@code << NAME} one word, as shells take it. */
  private void heredocMark(StringBuilder out) {
    position++;
    out.append('<');
    if (peek() != '<') {
      return;
    }
    position++;
    out.append('<');
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') {
      out.append((char) next());
    }
  }

  private void dollar(StringBuilder out) throws Malformed {
    int start = position;
    position++;
    if (peek() != '{') {
      String name = name();
      String value = name.isEmpty() ? "$" : variables.get(name);
      if (value != null) {
        out.append(value);
      } else if (keep.contains(Keep.UNSET)) {
        out.append(text, start, position);
      }
      return;
    }
    position++;
    switch (peek()) {
      case END -> throw new Malformed("syntax error: missing '}'");
      case '{', '}', ':' -> throw new Malformed("syntax error: bad substitution");
      default -> braced(out);
    }
  }

  private void braced(StringBuilder out) throws Malformed {
    if (++depth > MAX_DEPTH) {
      throw new Malformed("substitutions are nested more than " + MAX_DEPTH + " deep");
    }
    String name = name();
    int c = next();
    switch (c) {
      case END -> throw new Malformed("syntax error: missing '}'");
      case '}' -> {
        String value = variables.get(name);
        if (value != null) {
          out.append(value);
        } else if (keep.contains(Keep.UNSET)) {
          out.append("${").append(name).append('}');
        }
      }
      case '/' -> replace(name, out);
      case '#', '%' -> trim(name, (char) c, out);
      case '+', '-', '?' -> choose(name, (char) c, false, out);
      case ':' -> {
        int modifier = next();
        if (modifier != '+' && modifier != '-' && modifier != '?') {
          throw unsupported(":" + (modifier == END ? "" : String.valueOf((char) modifier)));
        }
        choose(name, (char) modifier, true, out);
      }
      default -> throw unsupported(String.valueOf((char) c));
    }
    depth--;
  }

  private static Malformed unsupported(String modifier) {
    return new Malformed("unsupported modifier (" + modifier + ") in substitution");
  }

  /** {@code ${x:-word}}, {@code ${x:+word}}, {@code ${x:?word}}, and without the colon. */
  private void choose(String name, char modifier, boolean emptyIsUnset, StringBuilder out)
      throws Malformed {
    String word = operand('}', false);
    String value = variables.get(name);
    if (value == null && keep.contains(Keep.UNSET)) {
      out.append("${").append(name).append(emptyIsUnset ? ":" : "").append(modifier);
      out.append(word).append('}');
      return;
    }
    boolean set = value != null && !(emptyIsUnset && value.isEmpty());
    switch (modifier) {
      case '-' -> out.append(set ? value : word);
      case '+' -> out.append(set ? word : "");
      default -> {
        if (!set) {
          String why = value == null ? "is not allowed to be unset" : "is not allowed to be empty";
          throw new Malformed(name + ": " + (word.isEmpty() ? why : word));
        }
        out.append(value);
      }
    }
  }

  /** {@code ${x#pattern}}, {@code ${x##pattern}}, {@code ${x%pattern}}, {@code ${x%%pattern}}. */
  private void trim(String name, char modifier, StringBuilder out) throws Malformed {
    String word = operand('}', true);
    String value = variables.get(name);
    if (value == null && keep.contains(Keep.UNSET)) {
      out.append("${").append(name).append(modifier).append(word).append('}');
      return;
    }
    boolean longest = !word.isEmpty() && word.charAt(0) == modifier;
    ShellPattern pattern = ShellPattern.parse(longest ? word.substring(1) : word);
    if (value != null) {
      out.append(
          modifier == '#'
              ? pattern.withoutPrefix(value, longest)
              : pattern.withoutSuffix(value, longest));
    }
  }

  /** {@code ${x/pattern/replacement}} and {@code ${x//pattern/replacement}}. */
  private void replace(String name, StringBuilder out) throws Malformed {
    boolean all = peek() == '/';
    if (all) {
      position++;
    }
    String pattern = operand('/', true);
    String replacement = operand('}', true);
    String value = variables.get(name);
    if (value == null && keep.contains(Keep.UNSET)) {
      out.append("${").append(name).append(all ? "//" : "/").append(pattern);
      out.append('/').append(replacement).append('}');
      return;
    }
    ShellPattern compiled = ShellPattern.parse(pattern);
    if (value != null) {
      compiled.replace(value, replacement, all, out, limit);
    }
  }

  private String operand(char stop, boolean pattern) throws Malformed {
    boolean before = keepEscapes;
    keepEscapes = pattern;
    StringBuilder word = new StringBuilder();
    until(stop, word, null);
    keepEscapes = before;
    return word.toString();
  }

  /** A name, a number, or one of the shell's special parameters; none of the latter is ever set. */
  private String name() {
    int start = position;
    if (position == text.length()) {
      return "";
    }
    int first = text.codePointAt(position);
    if (Character.isDigit(first)) {
      while (position < text.length() && Character.isDigit(text.codePointAt(position))) {
        position += Character.charCount(text.codePointAt(position));
      }
      return text.substring(start, position);
    }
    if ("@*#?-$!".indexOf(first) >= 0) {
      position++;
      return text.substring(start, position);
    }
    while (position < text.length()) {
      int c = text.codePointAt(position);
      if (c != '_' && !Character.isLetter(c) && !Character.isDigit(c)) {
        break;
      }
      position += Character.charCount(c);
    }
    return text.substring(start, position);
  }
}
