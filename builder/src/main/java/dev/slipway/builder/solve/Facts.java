package dev.slipway.builder.solve;

import dev.slipway.builder.sandbox.Tier;
import dev.slipway.builder.source.BuildContext;
import dev.slipway.builder.source.Commit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What becomes known while a build runs, for a result that tells of failures too. Filled by the
 * thread of the build.
 */
final class Facts {
  Optional<Commit> commit = Optional.empty();
  Optional<BuildContext.DockerfileText> dockerfile = Optional.empty();
  Optional<BaseImages> images = Optional.empty();
  Optional<SandboxOnDemand> sandbox = Optional.empty();
  final Map<String, StageBuilder.Built> stages = new LinkedHashMap<>();

  /** The tier that RUN steps had, if there was one. */
  Optional<Tier> tier() {
    return sandbox.flatMap(SandboxOnDemand::tier);
  }
}
