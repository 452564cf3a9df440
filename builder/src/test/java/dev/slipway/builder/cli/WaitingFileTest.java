package dev.slipway.builder.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.builder.report.Event;
import dev.slipway.builder.report.Event.Step;
import dev.slipway.builder.report.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WaitingFileTest {
  private static final Step RUN = new Step(1, Optional.of("build"), "RUN make");
  private static final Step PUSH = new Step(2, Optional.empty(), "push");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path directory;

  @SuppressWarnings("NullAway.Init")
  private Path file;

  @SuppressWarnings("NullAway.Init")
  private WaitingFile progress;

  @BeforeEach
  void start() {
    file = directory.resolve("waits");
    progress = new WaitingFile(Progress.none(), file);
  }

  @Test
  void saysTheLatestWhileItsStepWaits() throws Exception {
    progress.event(new Event.Started(PUSH));
    progress.event(new Event.Note(PUSH, "an upload went on", false));
    assertThat(file).doesNotExist();
    progress.event(new Event.Note(PUSH, "push failed: 503", true));
    progress.event(new Event.Note(PUSH, "push failed: refused", true));
    assertThat(file).hasContent("push failed: refused");
    progress.event(new Event.Finished(RUN, new Event.Outcome.Done(), Duration.ZERO));
    assertThat(file).as("another step's end is no end of the wait").exists();
    progress.event(new Event.Finished(PUSH, new Event.Outcome.Done(), Duration.ZERO));
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void isGoneHoweverTheWaitEnds() {
    for (Event.Outcome end :
        new Event.Outcome[] {new Event.Outcome.Failed("503"), new Event.Outcome.Cancelled()}) {
      progress.event(new Event.Note(PUSH, "push failed: 503", true));
      assertThat(Files.exists(file)).isTrue();
      progress.event(new Event.Finished(PUSH, end, Duration.ZERO));
      assertThat(file).doesNotExist();
    }
  }
}
