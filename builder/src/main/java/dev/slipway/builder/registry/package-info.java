/**
 * The distribution protocol: how images are pulled from and pushed to a registry. {@link
 * dev.slipway.builder.registry.RegistryClient} is the way in.
 *
 * <p>HTTP/1.1 is spoken over the JDK's sockets and not through {@code java.net.http}: measured on a
 * 1 GB blob from a local registry, a download takes less than half the time and a quarter of the
 * processor, an upload 60 % of the processor, and an upload of unknown length can be a plain {@link
 * java.io.OutputStream}. Reading and writing block, which is what virtual threads are for; an
 * interrupt closes the connection.
 */
@NullMarked
package dev.slipway.builder.registry;

import org.jspecify.annotations.NullMarked;
