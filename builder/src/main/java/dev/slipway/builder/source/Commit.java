package dev.slipway.builder.source;

import java.time.Instant;

/**
 * The commit that a Git source resolved to.
 *
 * @param id the full object ID in lower-case hex
 * @param ref the full name of the ref that led here, or empty where a commit ID was given
 * @param author name and mail address of the author
 * @param message the whole message
 * @param time the committer's time: the epoch of the build
 */
public record Commit(String id, String ref, String author, String message, Instant time) {}
