package dev.slipway.e2e.operator;

import java.io.IOException;
import java.nio.file.Path;

/** On the embedded API server. */
final class GitOpsTest extends GitOps {
  @Override
  Api api(Path directory) throws IOException {
    return Api.embedded();
  }
}
