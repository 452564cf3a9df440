/**
 * The conformance suite: case folders, the images they must become, and the peers they are held
 * against. It reads and writes archives with code of its own, so that a defect of the engine cannot
 * hide in the yardstick. See {@code docs/conformance.md}.
 */
@NullMarked
package dev.slipway.e2e.conformance;

import org.jspecify.annotations.NullMarked;
