/**
 * What the start-up cache of the JVM is made from: builds of a sample, against a registry in
 * memory. Run by the launcher, never by a build.
 */
@NullMarked
package dev.slipway.builder.training;

import org.jspecify.annotations.NullMarked;
