package dev.slipway.e2e.bench;

/**
 * One measured build.
 *
 * @param subject label of a scenario, or of a point of a scaling curve
 * @param peakBytes of all processes together
 */
record Sample(
    String subject,
    String engine,
    String version,
    double seconds,
    double cpuSeconds,
    long peakBytes,
    String time) {}
