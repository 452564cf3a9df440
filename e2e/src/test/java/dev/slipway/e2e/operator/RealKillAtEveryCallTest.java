package dev.slipway.e2e.operator;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** On a real API server. */
@Tag("cluster")
final class RealKillAtEveryCallTest extends KillAtEveryCall {
  @Override
  Api api(Path directory) throws IOException {
    return Api.real(directory);
  }
}
