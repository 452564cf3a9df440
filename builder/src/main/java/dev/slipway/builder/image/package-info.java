/**
 * What an image is: references, digests, manifests, configs, histories, platforms, and the archives
 * that carry them. Nothing here talks to a network.
 */
@NullMarked
package dev.slipway.builder.image;

import org.jspecify.annotations.NullMarked;
