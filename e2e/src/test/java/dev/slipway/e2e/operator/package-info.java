/**
 * The operator against an API server: who dies when, who leads, what GitOps sees, how much it
 * takes.
 */
@org.jspecify.annotations.NullMarked
package dev.slipway.e2e.operator;
