/**
 * Layers as streams of entries: from directories, overlay upper directories and tars, to tars,
 * compressed blobs and directories. See the OCI image specification, <a
 * href="https://github.com/opencontainers/image-spec/blob/main/layer.md">layer</a>.
 */
@NullMarked
package dev.slipway.builder.layer;

import org.jspecify.annotations.NullMarked;
