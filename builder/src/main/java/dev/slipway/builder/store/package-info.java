/**
 * The content store: blobs, unpacked layers, small records, cache mounts and file hashes under one
 * directory that several processes may use at once.
 *
 * <p>Nothing in it is precious: all of it can be fetched or made again. What stands under its final
 * name is complete, because it was renamed there; what is not stands under {@code tmp}.
 */
@NullMarked
package dev.slipway.builder.store;

import org.jspecify.annotations.NullMarked;
