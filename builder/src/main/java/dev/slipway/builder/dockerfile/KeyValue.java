package dev.slipway.builder.dockerfile;

/**
 * One pair of {@code ENV} or {@code LABEL}.
 *
 * @param legacy whether it was written as {@code KEY value}, which takes the rest of the line
 */
public record KeyValue(String key, String value, boolean legacy) {}
