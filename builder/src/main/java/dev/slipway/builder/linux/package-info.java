/**
 * The system calls that the JDK does not offer, through the Foreign Function and Memory API, and
 * nothing else. No policy lives here.
 */
@NullMarked
package dev.slipway.builder.linux;

import org.jspecify.annotations.NullMarked;
