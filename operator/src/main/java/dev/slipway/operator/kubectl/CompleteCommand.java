package dev.slipway.operator.kubectl;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/**
 * {@code kubectl slipway __complete}: what may stand where the last word is, one a line, and then
 * the directive line that kubectl's completion expects (4: do not offer files).
 */
@Command(name = "__complete", hidden = true)
final class CompleteCommand implements Callable<Integer> {
  @Spec @Nullable CommandSpec spec;

  @Unmatched List<String> words = new ArrayList<>();

  @Override
  public Integer call() {
    CommandLine root = Objects.requireNonNull(spec).commandLine().getParent();
    String last = words.isEmpty() ? "" : words.getLast();
    candidates(root).filter(c -> c.startsWith(last)).sorted().forEach(root.getOut()::println);
    root.getOut().println(":4");
    root.getOut().flush();
    return 0;
  }

  private Stream<String> candidates(CommandLine root) {
    List<String> before = words.isEmpty() ? List.of() : words.subList(0, words.size() - 1);
    String last = words.isEmpty() ? "" : words.getLast();
    Optional<CommandLine> command =
        before.stream().map(root.getSubcommands()::get).filter(Objects::nonNull).findFirst();
    if (command.isEmpty()) {
      return root.getSubcommands().entrySet().stream()
          .filter(e -> !e.getValue().getCommandSpec().usageMessage().hidden())
          .filter(e -> e.getKey().equals(e.getValue().getCommandName()))
          .map(java.util.Map.Entry::getKey);
    }
    CommandSpec here = command.get().getCommandSpec();
    if (!before.isEmpty()) {
      OptionSpec option = here.optionsMap().get(before.getLast());
      if (option != null && option.arity().max() > 0) {
        return values(option);
      }
    }
    if (last.startsWith("-")) {
      return here.options().stream().filter(o -> !o.hidden()).map(OptionSpec::longestName);
    }
    boolean takesName =
        here.positionalParameters().stream().anyMatch(p -> p.paramLabel().equals("NAME"))
            && !here.name().equals("create");
    return takesName ? ask(this::names) : Stream.empty();
  }

  private Stream<String> values(OptionSpec option) {
    return switch (option.longestName()) {
      case "--namespace" ->
          ask(client ->
              client.namespaces().list().getItems().stream().map(n -> n.getMetadata().getName()));
      case "--context" -> config().getContexts().stream().map(NamedContext::getName);
      case "--output" -> Arrays.stream(Format.values()).map(f -> f.name().toLowerCase(Locale.ROOT));
      default -> Stream.empty();
    };
  }

  private Stream<String> names(KubernetesClient client) {
    String in =
        after("-n", "--namespace")
            .orElse(Objects.requireNonNullElse(client.getNamespace(), "default"));
    return client.resources(ImageBuild.class).inNamespace(in).list().getItems().stream()
        .map(build -> build.getMetadata().getName());
  }

  private interface Question {
    Stream<String> of(KubernetesClient client);
  }

  /** Without a cluster there is nothing to offer, and nothing to say. */
  private Stream<String> ask(Question question) {
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config()).build()) {
      return question.of(client).toList().stream();
    } catch (KubernetesClientException e) {
      return Stream.empty();
    }
  }

  private Config config() {
    String context = after("--context").orElse(null);
    return after("--kubeconfig")
        .map(file -> Config.fromKubeconfig(context, java.nio.file.Path.of(file).toFile()))
        .orElseGet(() -> Config.autoConfigure(context));
  }

  /** The value of an option that was given before. */
  private Optional<String> after(String... names) {
    for (int i = 0; i < words.size() - 1; i++) {
      for (String name : names) {
        if (words.get(i).equals(name)) {
          return Optional.of(words.get(i + 1));
        }
        if (words.get(i).startsWith(name + "=")) {
          return Optional.of(words.get(i).substring(name.length() + 1));
        }
      }
    }
    return Optional.empty();
  }
}
