/** The builder pod as a pure function of an ImageBuild and the settings of the platform. */
@NullMarked
package dev.slipway.operator.pod;

import org.jspecify.annotations.NullMarked;
