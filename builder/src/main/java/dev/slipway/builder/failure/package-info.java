/** What went wrong, where, and whether trying again can help: the one exception of the engine. */
@NullMarked
package dev.slipway.builder.failure;

import org.jspecify.annotations.NullMarked;
