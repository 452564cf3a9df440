package dev.slipway.builder.solve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.output.FinishedImage;
import dev.slipway.builder.output.RegistryPush;
import dev.slipway.builder.report.BuildResult;
import dev.slipway.builder.report.Event;
import dev.slipway.builder.sandbox.Tier;
import dev.slipway.builder.solve.Build.Finished;
import dev.slipway.builder.source.BuildContext;
import dev.slipway.builder.source.Commit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a build ended, told from what is known of it. */
final class Endings {

  private final BuildRequest request;
  private final Facts facts;

  Endings(BuildRequest request, Facts facts) {
    this.request = request;
    this.facts = facts;
  }

  Finished succeeded(FinishedImage image) {
    String digest = image.manifest().digest().toString();
    List<String> names =
        request.labelling().tags().stream().map(tag -> tag.withDefaultTag().toString()).toList();
    Optional<String> first =
        request.labelling().tags().stream().findFirst().map(tag -> tag.name() + "@" + digest);
    BuildResult result =
        result(
            BuildResult.Outcome.Succeeded, first, Optional.of(digest), names, image.size(), null);
    String imageId = image.config().digest().toString();
    List<String> summary = new ArrayList<>();
    summary.add(
        "Built "
            + (names.isEmpty() ? "an image" : String.join(", ", names))
            + ", "
            + RegistryPush.size(image.size()));
    summary.add("digest: " + digest);
    return new Finished.Succeeded(
        result, imageId, () -> metadata(image, names, result), List.copyOf(summary));
  }

  private String metadata(FinishedImage image, List<String> names, BuildResult result) {
    ObjectNode metadata = JsonNodeFactory.instance.objectNode();
    metadata.put("containerimage.config.digest", image.config().digest().toString());
    metadata.put("containerimage.digest", image.manifest().digest().toString());
    metadata.set("containerimage.descriptor", descriptor(image));
    if (!names.isEmpty()) {
      metadata.put("image.name", String.join(",", names));
    }
    metadata.set("slipway.result", result.toTree());
    metadata.set("slipway.cache", uses());
    return metadata.toPrettyString() + "\n";
  }

  private static ObjectNode descriptor(FinishedImage image) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("mediaType", image.manifest().mediaType().value())
        .put("digest", image.manifest().digest().toString())
        .put("size", image.manifest().descriptor().size());
  }

  Finished.Failed failed(StepFailure failure) {
    return failed(
        failure.failure(), Optional.of(failure.step()), failure.tail(), failure.exitCode());
  }

  Finished.Failed failed(
      BuildException cause,
      Optional<Event.Step> step,
      List<String> tail,
      Optional<Integer> exitCode) {
    BuildResult.Failure failure =
        BuildResult.Failure.of(
            cause,
            step.flatMap(Event.Step::stage),
            step.map(one -> one.text().replaceFirst("^\\[[^]]*] ", "")),
            exitCode.orElse(null),
            tail);
    BuildResult result =
        result(
            BuildResult.Outcome.Failed, Optional.empty(), Optional.empty(), List.of(), 0, failure);
    return new Finished.Failed(
        result, cause, step, tail, facts.dockerfile.map(BuildContext.DockerfileText::text));
  }

  private BuildResult result(
      BuildResult.Outcome outcome,
      Optional<String> image,
      Optional<String> digest,
      List<String> tags,
      long size,
      BuildResult.@Nullable Failure failure) {
    int hits = facts.stages.values().stream().mapToInt(StageBuilder.Built::cached).sum();
    int steps = facts.stages.values().stream().mapToInt(StageBuilder.Built::steps).sum();
    return new BuildResult(
        1,
        outcome,
        image.orElse(null),
        digest.orElse(null),
        tags,
        size,
        List.of(request.definition().platform().toString()),
        facts.commit.map(Endings::source).orElse(null),
        facts.images.map(BaseImages::used).orElse(List.of()),
        facts.stages.isEmpty() ? null : new BuildResult.Cache(hits, steps - hits, missed()),
        facts.stages.entrySet().stream()
            .map(entry ->
                new BuildResult.Stage(
                    entry.getKey(),
                    Math.round(entry.getValue().seconds() * 1000) / 1000.0,
                    entry.getValue().steps(),
                    entry.getValue().cached()))
            .toList(),
        facts.tier().map(Tier::label).orElse(null),
        failure);
  }

  /** Of each stage the first step that says what is to blame. */
  private List<BuildResult.Missed> missed() {
    return facts.stages.values().stream()
        .flatMap(stage ->
            stage.uses().stream()
                .filter(use -> !use.hit() && !use.because().isEmpty())
                .limit(1)
                .map(use ->
                    new BuildResult.Missed(
                        use.step().text(),
                        String.join(", ", use.because().stream().limit(3).toList()))))
        .toList();
  }

  /** Every step, and where its result came from. */
  private ArrayNode uses() {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    facts.stages.forEach((name, stage) -> {
      for (StageBuilder.StepUse use : stage.uses()) {
        ObjectNode one = all.addObject();
        one.put("stage", name).put("step", use.step().text()).put("hit", use.hit());
        if (!use.hit()) {
          ArrayNode because = one.putArray("because");
          use.because().forEach(because::add);
        }
      }
    });
    return all;
  }

  private static BuildResult.Source source(Commit commit) {
    return new BuildResult.Source(
        commit.id(), commit.author(), commit.message().strip(), commit.time().toString());
  }
}
