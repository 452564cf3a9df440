/** What a build tells: events while it runs, and the result document at its end. */
@NullMarked
package dev.slipway.builder.report;

import org.jspecify.annotations.NullMarked;
