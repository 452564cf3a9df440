package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class WatchdogTest {
  @Test
  void endsWhatItWatchesOnceNobodyHoldsItsPipe() throws Exception {
    Process watched = sleep();
    try (Watchdog dog = Watchdog.over(List.of(watched.pid()))) {
      assertThat(watched.isAlive()).isTrue();
      dog.bite();
      assertThat(watched.waitFor(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      watched.destroyForcibly();
    }
  }

  @Test
  void letsThemLiveWhenItIsClosed() throws Exception {
    Process watched = sleep();
    try {
      Watchdog dog = Watchdog.over(List.of(watched.pid()));
      dog.close();
      dog.bite();
      assertThat(watched.waitFor(1, TimeUnit.SECONDS)).isFalse();
    } finally {
      watched.destroyForcibly();
    }
  }

  private static Process sleep() throws IOException {
    return new ProcessBuilder("sleep", "60").start();
  }
}
