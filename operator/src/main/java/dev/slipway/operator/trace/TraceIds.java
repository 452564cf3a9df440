package dev.slipway.operator.trace;

import dev.slipway.operator.digest.Sha256;

/**
 * The IDs of the spans of one build. They follow from what they stand for, so that an operator that
 * takes over goes on with the same trace, and who tells a span twice tells the same one.
 *
 * @param uid of the ImageBuild
 * @param number of the build
 */
public record TraceIds(String uid, long number) {
  /** The trace: 32 hex digits. */
  public String trace() {
    return hash("").substring(0, 32);
  }

  /** The whole build. */
  public String build() {
    return span("build");
  }

  /** The ref, looked up. */
  public String resolve() {
    return span("resolve");
  }

  /** The wait for a place. */
  public String queued() {
    return span("queued");
  }

  /** One builder pod; the spans of the builder are below it. */
  public String attempt(int attempt) {
    return span("attempt " + attempt);
  }

  /** A builder pod until it runs. */
  public String start(int attempt) {
    return span("start " + attempt);
  }

  private String span(String name) {
    return hash(name).substring(0, 16);
  }

  private String hash(String name) {
    return Sha256.hex(uid + "\n" + number + "\n" + name);
  }
}
