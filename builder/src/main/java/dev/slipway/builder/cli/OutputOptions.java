package dev.slipway.builder.cli;

import dev.slipway.builder.output.Output;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where the finished image goes. */
final class OutputOptions {
  private boolean push;
  private boolean load;
  private List<String> outputs = new ArrayList<>();

  void declare(Flags flags) {
    flags.flag("--push", "Push to the registries that the tags name.", value -> push = value);
    flags.flag("--load", "Keep the image in the local store (the default).", value -> load = value);
    flags.texts(
        "-o, --output",
        "type=TYPE[,KEY=VALUE]",
        "Where the result goes: oci, docker, registry, image, local, tar; repeatable.",
        value -> outputs = value);
  }

  /** Where the image goes; to the local store where nothing else is said. */
  List<Output> outputs() {
    List<Output> parsed = new ArrayList<>(outputs.stream().map(Output::parse).toList());
    if (push) {
      boolean already = parsed.stream().anyMatch(output -> output instanceof Output.Registry);
      if (!already) {
        parsed.add(new Output.Registry(Optional.empty(), Output.Encoding.DEFAULT, Duration.ZERO));
      }
    }
    if (load || parsed.isEmpty()) {
      parsed.add(new Output.Store(Optional.empty(), Output.Encoding.DEFAULT));
    }
    return parsed;
  }
}
