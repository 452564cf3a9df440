package dev.slipway.builder.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class JsonArrayTest {
  private static final String[] PIECES = {
    "[", "]", "{", "}", ",", ":", "\"", "\"a\"", "\"\"", "\"k\":", "\"\\n\"", "\"\\u00e9\"",
    "\"\\ud83d\\udea2\"", "\"\\x\"", "\\", "1", "-1", "-", "0", "01", "1.5", "1.", ".5", "1e3",
    "1e", "1E+2", "true", "false", "null", "nul", " ", "\t", "a", "'a'", "\"\u0001\"",
  };

  @Test
  void agreesWithJacksonOnWhatIsJson() {
    SplittableRandom random = new SplittableRandom(7);
    ObjectMapper mapper = new ObjectMapper();
    mapper.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    mapper
        .getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(10_000).build());
    int valid = 0;
    for (int i = 0; i < 100_000; i++) {
      StringBuilder text = new StringBuilder("[");
      int count = random.nextInt(8);
      for (int j = 0; j < count; j++) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
      if (random.nextInt(3) > 0) {
        text.append(']');
      }
      Optional<JsonNode> expected = jackson(mapper, text.toString());
      Optional<JsonArray> actual = JsonArray.parse(text.toString());
      boolean agrees = actual.equals(expected.map(JsonArrayTest::strings));
      if (!agrees) {
        assertThat(actual).as("%s", text).isEqualTo(expected.map(JsonArrayTest::strings));
      }
      valid += expected.isPresent() ? 1 : 0;
    }
    assertThat(valid).isGreaterThan(3_000);
  }

  private static JsonArray strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    boolean onlyStrings = true;
    for (JsonNode element : array) {
      onlyStrings &= element.isTextual();
      if (element.isTextual()) {
        strings.add(element.asText());
      }
    }
    return new JsonArray(strings, onlyStrings);
  }

  private static Optional<JsonNode> jackson(ObjectMapper mapper, String text) {
    try {
      return Optional.of(mapper.readTree(text));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  @Test
  void bytesThatAreNotUtf8Pass() {
    assertThat(JsonArray.parse("[\"a\udc80\"]").orElseThrow().strings()).containsExactly("a\udc80");
  }

  @Test
  void halvesOfPairsAreReplacedAsInGo() {
    assertThat(JsonArray.parse("[\"\\ud83dx\", \"\\udea2\", \"\\ud83d\\u0041\"]").orElseThrow())
        .isEqualTo(new JsonArray(List.of("\uFFFDx", "\uFFFD", "\uFFFDA"), true));
  }
}
