package dev.slipway.builder.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
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

  private static StepKey run(List<String> below, int base, Map<String, String> variables) {
    return StepKey.of("RUN")
        .addFilesBefore(below, base)
        .add("the command", List.of("make"))
        .addVariables(variables, Set.of("B"))
        .build();
  }

  @Test
  void saysWhichVariableChanged() {
    StepKey before = run(List.of("l1", "l2"), 1, Map.of("A", "1", "B", "2"));
    StepKey after = run(List.of("l1", "l2"), 1, Map.of("A", "1", "B", "3", "C", "4"));
    assertThat(after.changedSince(before)).containsExactly("ARG B changed", "ENV C is new");
    assertThat(before.changedSince(after)).containsExactly("ARG B changed", "ENV C is gone");
    assertThat(after.changedSince(after)).isEmpty();
  }

  @Test
  void tellsTheBaseFromTheStepsOnIt() {
    StepKey before = run(List.of("l1", "l2"), 1, Map.of());
    assertThat(run(List.of("l1", "l3"), 1, Map.of()).changedSince(before))
        .containsExactly("a step before it made other files");
    assertThat(run(List.of("l0", "l2"), 1, Map.of()).changedSince(before))
        .containsExactly("the base image changed");
    assertThat(run(List.of("l1", "l2"), 2, Map.of()).id())
        .as("where the base ends does not matter for the result")
        .isEqualTo(before.id());
  }

  @Test
  void saysWhichFileChanged() {
    StepKey before =
        StepKey.of("COPY").addCopied("d1", Map.of("a.c", "1", "b.c", "2", "gone.c", "3")).build();
    StepKey after =
        StepKey.of("COPY").addCopied("d2", Map.of("a.c", "1", "b.c", "9", "new.c", "4")).build();
    assertThat(after.changedSince(before))
        .containsExactly("b.c changed", "new.c is new", "gone.c is gone");
    assertThat(after.comparableWith(before)).isTrue();
    assertThat(after.comparableWith(StepKey.of("RUN").build())).isFalse();
  }

  @Test
  void holdsNoValue() {
    assertThat(StepKey.of("RUN").add("variable TOKEN", "hunter22").build().toString())
        .doesNotContain("hunter22");
  }
}
