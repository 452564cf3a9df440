/** What a step's key maps to, and where that is remembered. */
@NullMarked
package dev.slipway.builder.cache;

import org.jspecify.annotations.NullMarked;
