package dev.slipway.builder.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One text of JSON, as RFC 8259 has it and nothing beyond. Jackson's own parsers, all of them, make
 * a BigDecimal when they are loaded ({@code ParserMinimalBase}), and the table that the first of
 * those makes costs a build with nothing to do an eighth of its time.
 */
final class JsonReader {
  /** Deeper than any document of use; our own stack is what it protects. */
  private static final int DEEPEST = 1000;

  /** As many digits as Jackson takes: what reads a number takes longer than its length. */
  private static final int LONGEST_NUMBER = 1000;

  private static final int DIGITS_OF_ANY_LONG = 18;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final String text;
  private final boolean strict;
  private int at;
  private int depth;

  JsonReader(String text, boolean strict) {
    this.text = text;
    this.strict = strict;
  }

  static String decoded(byte[] bytes) throws JsonProcessingException {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new Malformed("it is not in UTF-8");
    }
  }

  JsonNode document() throws JsonProcessingException {
    skipSpace();
    if (at == text.length()) {
      return MissingNode.getInstance();
    }
    JsonNode value = value();
    skipSpace();
    if (at < text.length()) {
      throw unexpected("the end");
    }
    return value;
  }

  private JsonNode value() throws JsonProcessingException {
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> NODES.textNode(string());
      case 't' -> word("true", NODES.booleanNode(true));
      case 'f' -> word("false", NODES.booleanNode(false));
      case 'n' -> word("null", NODES.nullNode());
      default -> number();
    };
  }

  private ObjectNode object() throws JsonProcessingException {
    ObjectNode object = NODES.objectNode();
    descend();
    if (!empty('}')) {
      do {
        skipSpace();
        if (peek() != '"') {
          throw unexpected("a name");
        }
        String name = string();
        skipSpace();
        expect(':');
        skipSpace();
        if (object.replace(name, value()) != null && strict) {
          throw malformed("a second value for one key");
        }
      } while (more('}'));
    }
    depth--;
    return object;
  }

  private ArrayNode array() throws JsonProcessingException {
    ArrayNode array = NODES.arrayNode();
    descend();
    if (!empty(']')) {
      do {
        skipSpace();
        array.add(value());
      } while (more(']'));
    }
    depth--;
    return array;
  }

  private void descend() throws JsonProcessingException {
    at++;
    if (++depth > DEEPEST) {
      throw malformed("more than " + DEEPEST + " levels");
    }
  }

  private boolean empty(char end) throws JsonProcessingException {
    skipSpace();
    if (peek() != end) {
      return false;
    }
    at++;
    return true;
  }

  private boolean more(char end) throws JsonProcessingException {
    skipSpace();
    char next = peek();
    if (next != ',' && next != end) {
      throw unexpected("',' or '" + end + "'");
    }
    at++;
    return next == ',';
  }

  private JsonNode word(String word, JsonNode meant) throws JsonProcessingException {
    if (!text.startsWith(word, at)) {
      throw unexpected(word);
    }
    at += word.length();
    return meant;
  }

  // ---- texts ------------------------------------------------------------

  private String string() throws JsonProcessingException {
    int start = ++at;
    StringBuilder unescaped = null;
    while (true) {
      char c = peek();
      if (c == '"') {
        String rest = text.substring(start, at++);
        return unescaped == null ? rest : unescaped.append(rest).toString();
      }
      if (c < ' ') {
        throw malformed("a control character in a text");
      }
      if (c == '\\') {
        unescaped = unescaped == null ? new StringBuilder() : unescaped;
        unescaped.append(text, start, at++).append(escaped());
        start = at;
      } else {
        at++;
      }
    }
  }

  private char escaped() throws JsonProcessingException {
    char c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int code = 0;
        for (int i = 0; i < 4; i++) {
          int digit = hexDigit(peek());
          if (digit < 0) {
            throw unexpected("four hexadecimal digits");
          }
          code = code << 4 | digit;
          at++;
        }
        yield (char) code;
      }
      default -> throw malformed("an escape that there is not");
    };
  }

  private static int hexDigit(char c) {
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }

  // ---- numbers ------------------------------------------------------------

  private JsonNode number() throws JsonProcessingException {
    int start = at;
    boolean negative = skip('-');
    if (!skip('0') && digits() == 0) {
      throw unexpected("a value");
    }
    boolean whole = true;
    if (skip('.')) {
      whole = false;
      someDigits();
    }
    if (skip('e') || skip('E')) {
      whole = false;
      if (!skip('+')) {
        skip('-');
      }
      someDigits();
    }
    if (at - start > LONGEST_NUMBER) {
      throw malformed("a number of more than " + LONGEST_NUMBER + " characters");
    }
    String number = text.substring(start, at);
    if (!whole) {
      return NODES.numberNode(Double.parseDouble(number));
    }
    int length = number.length() - (negative ? 1 : 0);
    return length <= DIGITS_OF_ANY_LONG ? whole(Long.parseLong(number)) : large(number);
  }

  private static JsonNode whole(long value) {
    return value == (int) value ? NODES.numberNode((int) value) : NODES.numberNode(value);
  }

  private static JsonNode large(String number) {
    BigInteger value = new BigInteger(number);
    return value.bitLength() < Long.SIZE ? whole(value.longValue()) : NODES.numberNode(value);
  }

  private void someDigits() throws JsonProcessingException {
    if (digits() == 0) {
      throw unexpected("a digit");
    }
  }

  private int digits() {
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at - start;
  }

  // ---- characters ------------------------------------------------------------

  private boolean skip(char c) {
    boolean there = at < text.length() && text.charAt(at) == c;
    at += there ? 1 : 0;
    return there;
  }

  private void expect(char c) throws JsonProcessingException {
    if (!skip(c)) {
      throw unexpected("'" + c + "'");
    }
  }

  private void skipSpace() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
        return;
      }
      at++;
    }
  }

  private char peek() throws JsonProcessingException {
    if (at >= text.length()) {
      throw malformed("the end of the text");
    }
    return text.charAt(at);
  }

  private Malformed unexpected(String instead) {
    return malformed("something else than " + instead);
  }

  private Malformed malformed(String found) {
    int line = 1 + (int) text.substring(0, at).chars().filter(c -> c == '\n').count();
    int column = at - text.lastIndexOf('\n', at - 1);
    return new Malformed(
        String.format(Locale.ROOT, "%s at line %d, column %d", found, line, column));
  }

  /** What it quotes is ours: what was read may be a secret. */
  private static final class Malformed extends JsonProcessingException {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message);
    }
  }
}
