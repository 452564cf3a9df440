/** The registry client held against real registries and other tools. */
@NullMarked
package dev.slipway.e2e.registry;

import org.jspecify.annotations.NullMarked;
