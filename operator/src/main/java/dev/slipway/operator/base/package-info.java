/** What the tag of a base image means now, and who has to build again when that has changed. */
@NullMarked
package dev.slipway.operator.base;

import org.jspecify.annotations.NullMarked;
