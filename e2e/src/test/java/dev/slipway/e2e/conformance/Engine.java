package dev.slipway.e2e.conformance;

import java.io.IOException;

/** Something that builds an image from a case. */
interface Engine {

  /** Builds {@code build} into its archive, an OCI layout in a tar. */
  Outcome build(CaseFolder.Prepared build) throws IOException;

  /**
   * How it ended.
   *
   * @param reason of a failure, as the result document names it; empty where there is none
   * @param line of the Dockerfile, 0 where unknown
   * @param exitCode of the step that failed, -1 where none did
   */
  record Outcome(boolean success, String log, String reason, int line, int exitCode) {}
}
