/**
 * The resource types of Slipway: {@link dev.slipway.api.ImageBuild} and what it is made of. The
 * CustomResourceDefinition is generated from them.
 */
@NullMarked
package dev.slipway.api;

import org.jspecify.annotations.NullMarked;
