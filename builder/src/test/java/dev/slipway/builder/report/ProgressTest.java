package dev.slipway.builder.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

final class ProgressTest {

  private final AtomicLong nanos = new AtomicLong();

  private String show(Function<PrintStream, Progress> kind) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        Progress progress = kind.apply(out)) {
      Reporter reporter = new Reporter(progress, new Redaction(List.of("hunter22")), nanos::get);
      Reporter.Running first = reporter.start(Optional.of("a"), "[a 1/1] RUN\n  make");
      nanos.addAndGet(123_000_000);
      first.output("the password is hunter22", false);
      Reporter.Running second = reporter.start(Optional.of("b"), "[b 1/1] RUN false");
      nanos.addAndGet(1_000_000_000);
      first.done();
      second.failed("exit code 1");
      reporter.warning("careful");
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void plainReadsLikeBuildKit() {
    assertThat(show(PlainProgress::new))
        .isEqualTo(
            """
            #1 [a 1/1] RUN make
            #1 0.123 the password is ***

            #2 [b 1/1] RUN false

            #1 [a 1/1] RUN make
            #1 DONE 1.1s

            #2 [b 1/1] RUN false
            #2 ERROR: exit code 1

             1 warning found (use --check to expand):
             - careful
            """);
  }

  @Test
  void jsonIsOneObjectALine() {
    assertThat(show(JsonProgress::new).lines())
        .contains(
            "{\"event\":\"output\",\"step\":1,\"stage\":\"a\",\"text\":\"the password is"
                + " ***\",\"stream\":\"stdout\",\"seconds\":0.123}")
        .allMatch(line -> line.startsWith("{\"event\":\"") && line.endsWith("}"));
  }

  @Test
  void theTerminalKeepsALineOfEachFinishedStep() {
    String shown = show(out -> new TtyProgress(out, 80, nanos::get));
    assertThat(shown).contains("[a 1/1] RUN make").contains("1.1s").contains("ERROR");
    assertThat(shown).doesNotContain("hunter22");
  }
}
