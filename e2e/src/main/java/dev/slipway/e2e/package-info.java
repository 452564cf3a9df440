@org.jspecify.annotations.NullMarked
package dev.slipway.e2e;
