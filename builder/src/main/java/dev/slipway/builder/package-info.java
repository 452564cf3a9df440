/**
 * The Slipway engine: a daemonless builder of container images from Dockerfiles.
 *
 * <p>{@code docs/architecture.md} says which package does what and in which direction they may
 * depend on each other; {@code ArchitectureTest} holds it.
 */
@NullMarked
package dev.slipway.builder;

import org.jspecify.annotations.NullMarked;
