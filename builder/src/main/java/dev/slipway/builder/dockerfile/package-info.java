/**
 * The Dockerfile language: text becomes typed instructions with their places, variables are
 * expanded, and rules are checked. Pure functions over records; nothing here reads a file or knows
 * what an image is.
 *
 * <p>The authority is the <a href="https://docs.docker.com/reference/dockerfile/">Dockerfile
 * reference</a> and, where it is silent, what BuildKit's Dockerfile frontend 1.26 does.
 */
@NullMarked
package dev.slipway.builder.dockerfile;

import org.jspecify.annotations.NullMarked;
