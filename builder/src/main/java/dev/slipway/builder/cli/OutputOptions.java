package dev.slipway.builder.cli;

import dev.slipway.builder.output.Output;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where the finished image goes. */
final class OutputOptions {
  @Option(names = "--push", description = "Push to the registries that the tags name.")
  private boolean push;

  @Option(names = "--load", description = "Keep the image in the local store (the default).")
  private boolean load;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "type=TYPE[,KEY=VALUE]",
      description = "Where the result goes: oci, docker, registry, image, local, tar; repeatable.")
  private List<String> outputs = new ArrayList<>();

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
