package dev.slipway.builder.cache;

import java.util.Optional;

/**
 * A step that was made before.
 *
 * @param layer where its layer can be had, if some cache other than the local store has it
 */
public record FoundStep(StepResult result, Optional<CachedLayer> layer) {}
