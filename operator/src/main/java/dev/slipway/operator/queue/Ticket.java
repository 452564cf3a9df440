package dev.slipway.operator.queue;

import java.time.Instant;

/**
 * A build that wants to run.
 *
 * @param key who it is; an equal key is the same build
 * @param namespace its namespace
 * @param repository the Git repository it builds
 * @param priority higher goes first
 * @param since when it was decided to build
 */
public record Ticket<K>(K key, String namespace, String repository, int priority, Instant since) {}
