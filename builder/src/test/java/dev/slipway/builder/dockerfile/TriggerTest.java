package dev.slipway.builder.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TriggerTest {
  private static final From FROM =
      Dockerfile.parse("Dockerfile", "# c\n\nFROM base:1\n").stages().getFirst().from();

  @Test
  void aTriggerIsAnInstructionAtThePlaceOfFrom() {
    Instruction trigger = Dockerfile.parseTrigger(FROM, "env A=$B \\\n  C=1");
    assertThat(trigger.location()).isEqualTo(FROM.location());
    assertThat(trigger.source()).isEqualTo("ENV A=$B   C=1");
    assertThat(((Env) trigger.expand(Globals.variables(Map.of("B", "2")))).variables())
        .containsExactly(new KeyValue("A", "2", false), new KeyValue("C", "1", false));
  }

  @Test
  void whatOnbuildKeepsCanBeReadBack() {
    String text = "FROM scratch\nONBUILD COPY <<A <<-'B' /d/\n$x\nA\n\ty\n\tB\n";
    Onbuild onbuild =
        (Onbuild)
            Dockerfile.parse("Dockerfile", text).stages().getFirst().instructions().getFirst();
    Copy copy = (Copy) Dockerfile.parseTrigger(FROM, onbuild.trigger());
    assertThat(copy.inline()).extracting(Heredoc::text).containsExactly("$x\n", "y\n");
    assertThat(copy.inline()).extracting(Heredoc::expand).containsExactly(true, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# nothing",
        "FROM x",
        "from x",
        "MAINTAINER x",
        "ONBUILD RUN x",
        "NOPE",
        "RUN a\nRUN b",
        "COPY --nope a b",
        "RUN <<EOF",
      })
  void aBadTriggerIsReportedAtFrom(String trigger) {
    assertThatThrownBy(() -> Dockerfile.parseTrigger(FROM, trigger))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.location()).contains(FROM.location()))
        .hasMessageStartingWith(
            "cannot run the ONBUILD trigger \""
                + trigger.lines().findFirst().orElse("")
                + "\" of the base image base:1: ");
  }
}
