/** What the clients of registries, Git servers and downloads have to agree on. */
@NullMarked
package dev.slipway.builder.network;

import org.jspecify.annotations.NullMarked;
