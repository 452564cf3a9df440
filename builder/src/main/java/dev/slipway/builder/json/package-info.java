/** JSON text ↔ trees, without what makes Jackson's {@code ObjectMapper} slow to start. */
@NullMarked
package dev.slipway.builder.json;

import org.jspecify.annotations.NullMarked;
