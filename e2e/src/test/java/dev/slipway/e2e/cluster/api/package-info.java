@NullMarked
package dev.slipway.e2e.cluster.api;

import org.jspecify.annotations.NullMarked;
