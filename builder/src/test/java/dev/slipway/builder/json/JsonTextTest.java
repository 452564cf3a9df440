package dev.slipway.builder.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Held against the mapper that it stands in for. */
final class JsonTextTest {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        " { \"a\" : [ 1 , -2.5e3 , true , false , null , \"x\" ] } ",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"",
        "\"\u00e9\uD83D\uDE00\u007f\u2028\"",
        "0",
        "-0",
        "-0.0",
        "2147483647",
        "2147483648",
        "-2147483649",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "123456789012345678901234567890",
        "1.0",
        "1E400",
        "0.1e-7",
        "{\"\":{\"\":[]}}",
        "",
        " \n\t\r",
      })
  void readsAndWritesAsTheMapperDoes(String text) throws IOException {
    assertLikeMapper(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1,\"a\":2}",
        "[1,]",
        "[1 2]",
        "[,]",
        "01",
        "+1",
        "1.",
        ".5",
        "1e",
        "-",
        "NaN",
        "tru",
        "truex",
        "nul",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\u0001\"",
        "\"\n\"",
        "1 2",
        "{} x",
        "// no\n1",
        "]",
      })
  void refusesWhatTheMapperRefuses(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    assertThatExceptionOfType(IOException.class).isThrownBy(() -> MAPPER.readTree(bytes));
    assertThatExceptionOfType(JsonProcessingException.class)
        .isThrownBy(() -> JsonText.readStrictly(bytes));
  }

  @Test
  void refusesWhatIsNotUtf8() {
    byte[] bytes = {'"', (byte) 0xc3, '"'};
    assertThatExceptionOfType(JsonProcessingException.class)
        .isThrownBy(() -> JsonText.read(bytes))
        .withMessage("it is not in UTF-8");
  }

  @Test
  void saysWhereAndNotWhat() {
    byte[] bytes = "{\n \"auth\": secret}".getBytes(StandardCharsets.UTF_8);
    assertThatExceptionOfType(JsonProcessingException.class)
        .isThrownBy(() -> JsonText.read(bytes))
        .withMessage("something else than a value at line 2, column 10");
  }

  @Test
  void takesTheLaterOfTwoValuesWhereItMay() throws IOException {
    byte[] bytes = "{\"a\":1,\"b\":2,\"a\":3}".getBytes(StandardCharsets.UTF_8);
    assertThat(JsonText.read(bytes)).isEqualTo(new ObjectMapper().readTree(bytes));
  }

  @Test
  void isNotToBeSentIntoTheDepths() {
    for (String open : new String[] {"[", "{\"a\":"}) {
      byte[] bytes = open.repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
      assertThatExceptionOfType(JsonProcessingException.class)
          .isThrownBy(() -> JsonText.read(bytes))
          .withMessageStartingWith("more than 1000 levels");
    }
    byte[] number = "7".repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
    assertThatExceptionOfType(JsonProcessingException.class)
        .isThrownBy(() -> JsonText.read(number));
  }

  @Test
  void skipsTheMarkThatEditorsLeave() throws IOException {
    assertThat(JsonText.read("\uFEFF[1]".getBytes(StandardCharsets.UTF_8)).path(0).intValue())
        .isEqualTo(1);
  }

  @Test
  void writesHalfAPairAsTheMapperDoes() {
    for (String text : new String[] {"\udc80", "a\ud83d", "\ud83db"}) {
      JsonNode half = JsonNodeFactory.instance.textNode(text);
      assertThat(JsonText.text(half)).isEqualTo(half.toString());
      assertThat(outcome(() -> JsonText.bytes(half)))
          .isEqualTo(outcome(() -> MAPPER.writeValueAsBytes(half)));
    }
  }

  @Test
  void agreesOnWhatIsDamaged() throws IOException {
    String whole =
        "{\"a\":[1,-2.5e3,\"x\\n\\u00e9\",{\"b\":null,\"c\":[true,false]}],\"d\":\"\u00e9\uD83D\uDE00\"}";
    Random random = new Random(4);
    String alphabet = "{}[]\",:\\0123456789.eE+-truefalsn \t\nu\u00e9";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(whole);
      for (int k = 0; k <= random.nextInt(3); k++) {
        text.setCharAt(
            random.nextInt(text.length()), alphabet.charAt(random.nextInt(alphabet.length())));
      }
      assertLikeMapper(text.toString());
    }
  }

  private static void assertLikeMapper(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    JsonNode expected;
    try {
      expected = MAPPER.readTree(bytes);
    } catch (IOException e) {
      assertThatExceptionOfType(JsonProcessingException.class)
          .as(text)
          .isThrownBy(() -> JsonText.readStrictly(bytes));
      return;
    }
    JsonNode read = JsonText.readStrictly(bytes);
    assertThat(read).as(text).isEqualTo(expected);
    if (!read.isMissingNode()) {
      assertThat(JsonText.text(read)).isEqualTo(expected.toString());
      assertThat(outcome(() -> JsonText.bytes(read)))
          .isEqualTo(outcome(() -> MAPPER.writeValueAsBytes(expected)));
    }
  }

  private static String outcome(Writing writing) {
    try {
      return new String(writing.bytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "refused";
    }
  }

  private interface Writing {
    byte[] bytes() throws IOException;
  }
}
