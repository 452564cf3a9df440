package dev.slipway.builder.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class ProxyVariableTest {
  @Test
  void isReadInEitherCaseAndEmptyIsNone() {
    assertThat(ProxyVariable.of(Map.of("http_proxy", "a"), "HTTP_PROXY")).isEqualTo("a");
    assertThat(ProxyVariable.of(Map.of("HTTP_PROXY", "a"), "http_proxy")).isEqualTo("a");
    assertThat(ProxyVariable.of(Map.of("HTTP_PROXY", "a", "http_proxy", "b"), "http_proxy"))
        .isEqualTo("a");
    assertThat(ProxyVariable.of(Map.of("HTTP_PROXY", "", "http_proxy", "b"), "HTTP_PROXY"))
        .isEqualTo("b");
    assertThat(ProxyVariable.of(Map.of(), "NO_PROXY")).isEmpty();
  }
}
