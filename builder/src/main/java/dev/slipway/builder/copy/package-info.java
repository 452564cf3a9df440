/**
 * What COPY and ADD select, and where it lands: patterns, excludes, ownership, modes. Planning
 * reads directories and metadata only; contents are read once, when the entries are streamed.
 */
@NullMarked
package dev.slipway.builder.copy;

import org.jspecify.annotations.NullMarked;
