package dev.slipway.operator.kubectl;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.SourceStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kubectl slipway list}. */
@Command(
    name = "list",
    aliases = {"ls", "get"},
    description = "Lists ImageBuilds.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ListCommand extends OnCluster {
  @Option(
      names = {"-A", "--all-namespaces"},
      description = "In all namespaces.")
  boolean all;

  @Option(
      names = {"-l", "--selector"},
      paramLabel = "LABELS",
      description = "Those with these labels.")
  @Nullable String selector;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = Format.HELP)
  @Nullable Format output;

  @Override
  int run(KubernetesClient client, String in) {
    var builds = client.resources(ImageBuild.class);
    var scope = all ? builds.inAnyNamespace() : builds.inNamespace(in);
    List<ImageBuild> items =
        new ArrayList<>(
            (selector == null ? scope.list() : scope.withLabelSelector(selector).list())
                .getItems());
    items.sort(
        Comparator.comparing((ImageBuild b) -> b.getMetadata().getNamespace())
            .thenComparing(b -> b.getMetadata().getName()));
    if (output != null && output != Format.WIDE) {
      output.print(items, out());
    } else if (items.isEmpty()) {
      err().println("No ImageBuilds found" + (all ? "." : " in namespace " + in + "."));
    } else {
      table(items, Instant.now()).print(out());
    }
    return 0;
  }

  private Table table(List<ImageBuild> items, Instant now) {
    List<String> head = new ArrayList<>();
    if (all) {
      head.add("NAMESPACE");
    }
    head.addAll(List.of("NAME", "READY", "REASON", "IMAGE", "COMMIT", "DURATION", "AGE"));
    if (output == Format.WIDE) {
      head.addAll(List.of("BUILD", "QUEUE", "TRIGGER", "MESSAGE"));
    }
    Table table = new Table("", head.toArray(String[]::new));
    items.forEach(item -> table.row(row(item, now).toArray(String[]::new)));
    return table;
  }

  private List<String> row(ImageBuild item, Instant now) {
    ImageBuildStatus status = Texts.status(item);
    SourceStatus source = status.source();
    BuildStatus build = status.build();
    List<String> row = new ArrayList<>();
    if (all) {
      row.add(item.getMetadata().getNamespace());
    }
    row.add(item.getMetadata().getName());
    row.add(status.condition("Ready").map(c -> ready(c.status())).orElse("Unknown"));
    row.add(Texts.text(status.reason()));
    row.add(Texts.text(status.shortDigest()));
    row.add(Texts.text(source == null ? null : source.shortCommit()));
    row.add(Texts.text(build == null ? null : build.duration()));
    row.add(Texts.age(item.getMetadata().getCreationTimestamp(), now));
    if (output == Format.WIDE) {
      row.add(Texts.text(build == null ? null : build.number()));
      row.add(Texts.text(status.queuePosition()));
      row.add(Texts.text(build == null ? null : build.trigger()));
      row.add(Texts.text(status.condition("Ready").map(c -> c.message()).orElse(null)));
    }
    return row;
  }

  static String ready(ConditionStatus status) {
    return Texts.word(status);
  }
}
