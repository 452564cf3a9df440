package dev.slipway.operator.kubectl;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code kubectl slipway completion}. */
@Command(
    name = "completion",
    description = {
      "Prints the program that kubectl asks for completions. Save it on your PATH:",
      "  kubectl slipway completion > ~/bin/kubectl_complete-slipway && chmod +x ~/bin/kubectl_complete-slipway",
      "A link kubectl_complete-slipway to the launcher does the same."
    },
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {
  @Spec @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    var out = Objects.requireNonNull(spec).commandLine().getOut();
    out.println("#!/bin/sh");
    out.println(
        "# kubectl runs this for `kubectl slipway <TAB>`, once its own completion is set up.");
    out.println("exec kubectl slipway __complete \"$@\"");
    out.flush();
    return 0;
  }
}
