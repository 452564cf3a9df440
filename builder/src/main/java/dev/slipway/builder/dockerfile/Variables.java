package dev.slipway.builder.dockerfile;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The values that {@code $name} stands for while one instruction is expanded. */
public interface Variables {
  /** No variable at all. */
  Variables NONE =
      new Variables() {
        @Override
        public @Nullable String get(String name) {
          return null;
        }

        @Override
        public Set<String> names() {
          return Set.of();
        }
      };

  /** The value, or null where the variable is not set. */
  @Nullable String get(String name);

  /** All names that are set; used to suggest one. */
  Set<String> names();
}
