package dev.slipway.operator.pod;

import dev.slipway.api.BuildArg;
import dev.slipway.api.Durations;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.KeyReference;
import dev.slipway.api.PodTemplate;
import dev.slipway.api.Resources;
import dev.slipway.api.TaintEffect;
import dev.slipway.api.Toleration;
import dev.slipway.api.TolerationOperator;
import dev.slipway.operator.trace.TraceIds;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The builder pod as a pure function of the ImageBuild, the decision to build, and the platform.
 */
public final class BuilderPod {
  /** Name of the container that builds. */
  public static final String CONTAINER = "build";

  /**
   * Label with the name of the ImageBuild (shortened with a hash if it is too long for a label).
   */
  public static final String IMAGE_BUILD = "slipway.dev/imagebuild";

  /** Label with the number of the build. */
  public static final String BUILD_NUMBER = "slipway.dev/build-number";

  /** What selects every builder pod. */
  public static final String SELECTOR =
      "app.kubernetes.io/managed-by=slipway,app.kubernetes.io/component=builder";

  /** SIGTERM lets the builder stop its step and write a result; it needs little time for that. */
  private static final long GRACE_SECONDS = 10;

  private static final int PROBE_SECONDS = 5;

  private BuilderPod() {}

  /**
   * The pod that does this attempt of this build, with each isolation that the platform allows, the
   * strongest first: a namespace may admit only a weaker one. Equal arguments give equal pods.
   */
  public static List<Pod> of(ImageBuild owner, BuildRecord build, PodSettings settings) {
    Pod pod = DebugContainer.addTo(plain(owner, build, settings), owner.getSpec(), settings);
    Isolations isolations = settings.isolations();
    return isolations.allowed().stream()
        .map(isolation -> SecurityProfile.apply(pod, isolation, isolations.seccompProfile()))
        .toList();
  }

  private static Pod plain(ImageBuild owner, BuildRecord build, PodSettings settings) {
    ImageBuildSpec spec = owner.getSpec();
    Mounts mounts = Mounts.of(spec, settings);
    return new PodBuilder()
        .withNewMetadata()
        .withName(PodName.of(owner.getMetadata().getName(), build))
        .withNamespace(owner.getMetadata().getNamespace())
        .withLabels(labels(owner, build))
        .withAnnotations(annotations(spec, build))
        .withOwnerReferences(
            new OwnerReferenceBuilder(Owner.of(owner)).withBlockOwnerDeletion(true).build())
        .endMetadata()
        .withSpec(podSpec(owner, build, settings, mounts).build())
        .build();
  }

  private static PodSpecBuilder podSpec(
      ImageBuild owner, BuildRecord build, PodSettings settings, Mounts mounts) {
    ImageBuildSpec spec = owner.getSpec();
    PodTemplate asked = spec.pod();
    PodTemplate given = settings.defaults();
    Map<String, String> nodes = new TreeMap<>(given.nodeSelector());
    nodes.putAll(asked.nodeSelector());
    List<Toleration> tolerations = new ArrayList<>(given.tolerations());
    tolerations.addAll(asked.tolerations());
    return new PodSpecBuilder()
        .withRestartPolicy("Never")
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(GRACE_SECONDS)
        .withActiveDeadlineSeconds(Math.max(1, Durations.parse(spec.timeout()).toSeconds()))
        .withServiceAccountName(first(asked, given, PodTemplate::serviceAccountName))
        .withRuntimeClassName(first(asked, given, PodTemplate::runtimeClassName))
        .withPriorityClassName(first(asked, given, PodTemplate::priorityClassName))
        .withNodeSelector(nodes.isEmpty() ? null : nodes)
        .withTolerations(tolerations.stream().distinct().map(BuilderPod::toleration).toList())
        .withVolumes(mounts.volumes())
        .withContainers(
            new ContainerBuilder()
                .withName(CONTAINER)
                .withImage(settings.image())
                .withImagePullPolicy(settings.imagePullPolicy())
                .withCommand(settings.command())
                .withArgs(BuilderCommand.arguments(spec, build.commit(), settings))
                .withEnv(env(owner, build, settings))
                .withResources(resources(asked.resources(), given.resources()))
                .withVolumeMounts(mounts.mounts())
                // Not ready is what the builder is while it waits: it has no other way to say so.
                .withNewReadinessProbe()
                .withNewExec()
                .withCommand(
                    "/bin/sh", "-c", "! cat " + BuilderCommand.WAITING_FILE + " 2>/dev/null")
                .endExec()
                .withPeriodSeconds(PROBE_SECONDS)
                .withTimeoutSeconds(PROBE_SECONDS)
                .withFailureThreshold(1)
                .endReadinessProbe()
                .withTerminationMessagePath(BuilderCommand.RESULT_FILE)
                // The log would be taken for a result document; it is kept apart.
                .withTerminationMessagePolicy("File")
                .build());
  }

  private static Map<String, String> annotations(ImageBuildSpec spec, BuildRecord build) {
    Map<String, String> annotations = new LinkedHashMap<>();
    annotations.put(BuildRecord.ANNOTATION, build.toJson());
    // A build that is moved by the autoscaler starts from the beginning.
    annotations.put("cluster-autoscaler.kubernetes.io/safe-to-evict", "false");
    if (spec.dockerfileInline() != null) {
      annotations.put(Mounts.DOCKERFILE, spec.dockerfileInline());
    }
    return annotations;
  }

  private static Map<String, String> labels(ImageBuild owner, BuildRecord build) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("app.kubernetes.io/name", "slipway-builder");
    labels.put("app.kubernetes.io/component", "builder");
    labels.put("app.kubernetes.io/part-of", "slipway");
    labels.put("app.kubernetes.io/managed-by", "slipway");
    labels.put(IMAGE_BUILD, PodName.label(owner.getMetadata().getName()));
    labels.put(BUILD_NUMBER, Long.toString(build.number()));
    return labels;
  }

  private static List<EnvVar> env(ImageBuild owner, BuildRecord build, PodSettings settings) {
    ImageBuildSpec spec = owner.getSpec();
    List<EnvVar> env = new ArrayList<>();
    settings.env().forEach((name, value) -> env.add(new EnvVar(name, value, null)));
    TraceIds ids = new TraceIds(owner.getMetadata().getUid(), build.number());
    settings
        .tracing()
        .parent(ids.trace(), ids.attempt(build.attempt()))
        .ifPresent(parent -> env.add(new EnvVar("TRACEPARENT", parent, null)));
    if (spec.output().pushSecretRef() != null) {
      env.add(new EnvVar("DOCKER_CONFIG", BuilderCommand.DOCKER_CONFIG, null));
    }
    for (int i = 0; i < spec.buildArgs().size(); i++) {
      BuildArg arg = spec.buildArgs().get(i);
      if (arg.valueFrom() == null) {
        continue;
      }
      EnvVarBuilder variable = new EnvVarBuilder().withName(BuilderCommand.BUILD_ARG_ENV + i);
      KeyReference secret = arg.valueFrom().secretKeyRef();
      KeyReference config = arg.valueFrom().configMapKeyRef();
      if (secret != null) {
        variable
            .withNewValueFrom()
            .withNewSecretKeyRef(secret.key(), secret.name(), false)
            .endValueFrom();
      } else if (config != null) {
        variable
            .withNewValueFrom()
            .withNewConfigMapKeyRef(config.key(), config.name(), false)
            .endValueFrom();
      }
      env.add(variable.build());
    }
    return env;
  }

  private static ResourceRequirements resources(
      @Nullable Resources asked, @Nullable Resources given) {
    Resources none = new Resources(Map.of(), Map.of());
    Resources base = Objects.requireNonNullElse(given, none);
    Resources over = Objects.requireNonNullElse(asked, none);
    var requests = new TreeMap<>(base.requests());
    requests.putAll(over.requests());
    var limits = new TreeMap<>(base.limits());
    limits.putAll(over.limits());
    return new ResourceRequirementsBuilder().withRequests(requests).withLimits(limits).build();
  }

  private static io.fabric8.kubernetes.api.model.Toleration toleration(Toleration t) {
    return new TolerationBuilder()
        .withKey(t.key())
        .withOperator(operator(t.operator()))
        .withValue(t.value())
        .withEffect(effect(t.effect()))
        .withTolerationSeconds(t.tolerationSeconds())
        .build();
  }

  private static @Nullable String operator(@Nullable TolerationOperator operator) {
    return switch (operator) {
      case null -> null;
      case EQUAL -> "Equal";
      case EXISTS -> "Exists";
    };
  }

  private static @Nullable String effect(@Nullable TaintEffect effect) {
    return switch (effect) {
      case null -> null;
      case NO_SCHEDULE -> "NoSchedule";
      case PREFER_NO_SCHEDULE -> "PreferNoSchedule";
      case NO_EXECUTE -> "NoExecute";
    };
  }

  private static @Nullable String first(
      PodTemplate asked, PodTemplate given, Function<PodTemplate, @Nullable String> field) {
    String value = field.apply(asked);
    return value != null ? value : field.apply(given);
  }
}
