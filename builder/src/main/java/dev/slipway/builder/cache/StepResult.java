package dev.slipway.builder.cache;

/**
 * What a step made: a layer.
 *
 * @param diffId digest of the uncompressed layer, {@code sha256:...}
 * @param created when it was made first, ISO 8601 in UTC; goes into the history, so that a cached
 *     build and the build that filled the cache give the same image
 */
public record StepResult(String diffId, String created) {}
