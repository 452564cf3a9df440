/** Builds from nothing, with a cache in a registry; and the same image whoever builds it. */
@org.jspecify.annotations.NullMarked
package dev.slipway.e2e.cache;
