package dev.slipway.e2e.operator;

import java.io.IOException;
import java.nio.file.Path;

/** On the embedded API server. */
final class KillAtEveryCallTest extends KillAtEveryCall {
  @Override
  Api api(Path directory) throws IOException {
    return Api.embedded();
  }
}
