package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.Mount;
import dev.slipway.builder.failure.Location;
import dev.slipway.builder.plan.TreeRef;
import java.util.Optional;

/** A mount that is understood but not made; its key is what the result depends on through it. */
sealed interface PlannedMount {
  String key();

  /** One that needs nothing more. */
  static PlannedMount fixed(dev.slipway.builder.sandbox.Mount mount) {
    return new Fixed(mount);
  }

  record Fixed(dev.slipway.builder.sandbox.Mount mount) implements PlannedMount {
    @Override
    public String key() {
      // What it holds is part of the key already: it came with the command.
      return "fixed " + mount.target();
    }
  }

  record Of(Mount mount, Optional<TreeRef> from, String key, Location location)
      implements PlannedMount {}
}
