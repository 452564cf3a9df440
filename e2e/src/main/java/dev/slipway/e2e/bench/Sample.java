package dev.slipway.e2e.bench;

import java.util.List;

/**
 * One measured build.
 *
 * @param subject label of a scenario, or of a point of a scaling curve
 * @param engine its name; of the floor, what a plain tool did
 * @param version of the engine; {@link #FLOOR} for a plain tool
 * @param peakBytes of all processes together
 * @param others the part of all processors that other work used meanwhile, 0 to 1
 * @param commands as another would type them
 */
record Sample(
    String subject,
    String engine,
    String version,
    double seconds,
    double cpuSeconds,
    long peakBytes,
    double others,
    String time,
    List<String> commands) {
  static final String FLOOR = "floor";

  Sample {
    commands = List.copyOf(commands);
  }

  /** What a plain tool needed for the bytes of a scenario. */
  static Sample ofFloor(String subject, String tool, double seconds) {
    return new Sample(subject, tool, FLOOR, seconds, 0, 0, 0, "", List.of());
  }

  boolean isFloor() {
    return version.equals(FLOOR);
  }
}
