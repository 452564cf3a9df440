package dev.slipway.operator.pod;

/**
 * A Warning event about a builder pod.
 *
 * @param reason such as {@code FailedMount}
 * @param message the kubelet's or scheduler's text
 */
public record PodWarning(String reason, String message) {}
