/**
 * The content store: blobs, unpacked layers, small records, cache mounts and file hashes under one
 * directory that several processes may use at once.
 */
@NullMarked
package dev.slipway.builder.store;

import org.jspecify.annotations.NullMarked;
