/** What is in the image of Slipway. */
@org.jspecify.annotations.NullMarked
package dev.slipway.e2e.image;
