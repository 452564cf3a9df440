/** What a finished build becomes: an image in a registry, an archive, a directory. */
@NullMarked
package dev.slipway.builder.output;

import org.jspecify.annotations.NullMarked;
