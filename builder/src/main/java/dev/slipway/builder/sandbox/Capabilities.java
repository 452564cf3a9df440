package dev.slipway.builder.sandbox;

/**
 * What the opened sandbox can do, so that a build that needs more is refused before it wastes time.
 *
 * @param chownToAny files can be given to any uid and gid that an image may name, and {@code USER}
 *     can be any; otherwise only root exists
 * @param mounts layers and what steps mount are mounted, not copied or moved
 * @param pidNamespace a step sees and can signal only its own processes, and none outlives it
 * @param ownProc {@code /proc} shows only the step's processes
 * @param networkNone {@code RUN --network=none} can be kept
 * @param insecure {@code RUN --security=insecure} has a meaning: every capability of the builder's
 *     user namespace
 */
public record Capabilities(
    boolean chownToAny,
    boolean mounts,
    boolean pidNamespace,
    boolean ownProc,
    boolean networkNone,
    boolean insecure) {}
