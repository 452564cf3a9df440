/**
 * The life of an ImageBuild: {@link dev.slipway.operator.imagebuild.Planner} decides, as a pure
 * function of what is observed; the reconciler observes and acts.
 */
@NullMarked
package dev.slipway.operator.imagebuild;

import org.jspecify.annotations.NullMarked;
