/**
 * Where RUN runs: a merged view of layers, and a process in it that can reach nothing else.
 *
 * <p>{@link dev.slipway.builder.sandbox.Sandbox#open} finds the strongest isolation that this place
 * allows; {@link dev.slipway.builder.sandbox.Sandbox#mount} makes a writable root file system of
 * unpacked layers; {@link dev.slipway.builder.sandbox.Sandbox#run} runs one command in it.
 */
@NullMarked
package dev.slipway.builder.sandbox;

import org.jspecify.annotations.NullMarked;
