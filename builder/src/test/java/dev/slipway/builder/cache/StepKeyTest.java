package dev.slipway.builder.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class StepKeyTest {

  @Test
  void equalPartsGiveEqualNames() {
    assertThat(StepKey.of("RUN").add("command", List.of("a", "b")).build().id())
        .isEqualTo(StepKey.of("RUN").add("command", List.of("a", "b")).build().id());
  }

  @Test
  void wordsAreFramed() {
    assertThat(StepKey.of("RUN").add("command", List.of("ab", "c")).build().id())
        .isNotEqualTo(StepKey.of("RUN").add("command", List.of("a", "bc")).build().id());
    assertThat(StepKey.of("RUN").add("a", "b").add("c", "d").build().id())
        .isNotEqualTo(StepKey.of("RUN").add("ab", "").add("c", "d").build().id());
  }

  @Test
  void namesWithBrokenBytesAreKeptApart() {
    assertThat(StepKey.of("COPY").add("file", "a\udc80").build().id())
        .isNotEqualTo(StepKey.of("COPY").add("file", "a\udc81").build().id());
  }

  @Test
  void saysWhatChanged() {
    StepKey before =
        StepKey.of("RUN")
            .add("the command", List.of("make"))
            .addEach("variable ", Map.of("A", "1", "B", "2"))
            .build();
    StepKey after =
        StepKey.of("RUN")
            .add("the command", List.of("make"))
            .addEach("variable ", Map.of("A", "1", "B", "3", "C", "4"))
            .build();
    assertThat(after.changedSince(before)).containsExactly("variable B", "variable C");
    assertThat(before.changedSince(after)).containsExactly("variable B", "variable C (removed)");
    assertThat(after.changedSince(after)).isEmpty();
  }

  @Test
  void holdsNoValue() {
    assertThat(StepKey.of("RUN").add("variable TOKEN", "hunter22").build().toString())
        .doesNotContain("hunter22");
  }
}
