package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Durations;
import dev.slipway.api.Follow;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Reasons;
import dev.slipway.api.SourceStatus;
import dev.slipway.operator.base.BaseImageReader;
import dev.slipway.operator.base.BaseImageWatcher;
import dev.slipway.operator.imagebuild.Cluster.Creation;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.metrics.OperatorMetrics;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.BuilderPod;
import dev.slipway.operator.queue.Admission;
import dev.slipway.operator.source.CommitResolver;
import dev.slipway.operator.source.GitQuery;
import dev.slipway.operator.source.RefWatcher;
import dev.slipway.operator.source.RepositoryReader;
import dev.slipway.operator.source.SecretReader;
import dev.slipway.operator.trace.Tracing;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Observes, lets the {@link Planner} decide, and acts. Every action may be repeated: a reconciler
 * that dies between any two calls is made up for by the next one.
 */
public final class ImageBuildReconciler implements Reconciler<ImageBuild>, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ImageBuildReconciler.class);

  /**
   * How many objects a list holds at once: one answer with ten thousand of them, as text and as
   * objects, is more than all that the operator keeps.
   */
  public static final long PAGE = 500;

  private final KubernetesClient client;
  private final OperatorMetrics metrics;
  private final Tracing tracing;
  private final Planner planner;
  private final Cluster cluster;
  private final LogArchive logs;
  private final Clock clock;
  private final CommitResolver<ResourceID> commits;
  private final RefWatcher<ResourceID> watcher;
  private final BaseImageWatcher<ResourceID> bases;
  private final Places places;
  private final Wakeups wakeups = new Wakeups(this::forget);
  private @Nullable InformerEventSource<Pod, ImageBuild> pods;
  private boolean seeded;

  public ImageBuildReconciler(
      KubernetesClient client, Policy policy, Clock clock, OperatorMetrics metrics) {
    this.client = client;
    this.metrics = metrics;
    this.tracing = policy.pod().tracing();
    this.planner = new Planner(policy);
    this.logs = new LogArchive(client);
    this.cluster = new Cluster(client);
    this.clock = clock;
    RepositoryReader repositories =
        new RepositoryReader(SecretReader.of(client), SecretReader.ofConfigMaps(client));
    this.commits = new CommitResolver<>(repositories, clock, wakeups::wake);
    this.bases =
        new BaseImageWatcher<>(
            new BaseImageReader(
                SecretReader.of(client),
                policy.pod().insecureRegistries(),
                policy.pod().registryMirrors(),
                clock),
            policy.baseRebuilds(),
            clock,
            wakeups::wake);
    this.watcher = new RefWatcher<>(repositories, clock, wakeups::wake);
    this.places = new Places(policy.limits(), wakeups::wake);
    metrics.queue(places::waiting, places::running);
  }

  @Override
  public List<EventSource<?, ImageBuild>> prepareEventSources(
      EventSourceContext<ImageBuild> context) {
    InformerEventSource<Pod, ImageBuild> source =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Pod.class, ImageBuild.class)
                .withLabelSelector(BuilderPod.SELECTOR)
                .withNamespacesInheritedFromController()
                .withSecondaryToPrimaryMapper(Mappers.fromOwnerReferences(ImageBuild.class))
                .withOnUpdateFilter(PodChanges::matter)
                .withInformerListLimit(PAGE)
                .build(),
            context);
    pods = source;
    return List.of(source, wakeups);
  }

  /**
   * Begins to read the pods, while the SDK still reads the ImageBuilds: it starts one cache after
   * the other, and most of the time of each is that of the API server. The SDK's own start of this
   * cache then waits for this one, or, if this one failed, tries again and says what is wrong.
   */
  public void readAhead() {
    InformerEventSource<Pod, ImageBuild> source = Objects.requireNonNull(pods, "registered first");
    Thread.ofVirtual()
        .name("read-ahead")
        .start(() -> {
          try {
            source.start();
          } catch (RuntimeException e) {
            log.debug("pods could not be read ahead", e);
          }
        });
  }

  @Override
  public UpdateControl<ImageBuild> reconcile(ImageBuild build, Context<ImageBuild> context) {
    long start = System.nanoTime();
    // All that is logged meanwhile carries them as fields of its own.
    try (MDC.MDCCloseable _ = MDC.putCloseable("namespace", build.getMetadata().getNamespace());
        MDC.MDCCloseable _ = MDC.putCloseable("imagebuild", build.getMetadata().getName());
        MDC.MDCCloseable _ = MDC.putCloseable("build", number(build))) {
      return look(build, context);
    } catch (RuntimeException e) {
      metrics.failedToReconcile();
      throw e;
    } finally {
      metrics.reconciled(Duration.ofNanos(System.nanoTime() - start));
    }
  }

  private static String number(ImageBuild build) {
    BuildStatus latest = build.getStatus() == null ? null : build.getStatus().build();
    return latest == null || latest.number() == null ? "" : latest.number().toString();
  }

  private UpdateControl<ImageBuild> look(ImageBuild build, Context<ImageBuild> context) {
    ResourceID id = ResourceID.fromResource(build);
    GitQuery query = GitQuery.of(build.getMetadata().getNamespace(), build.getSpec().git());
    seedQueue(context);
    Observation seen = observe(build, id, query);
    Plan plan = planner.plan(seen);
    if (plan.enqueues().isPresent()) {
      seen = seen.with(places.ask(build, plan.status(), plan.enqueues().get()));
      plan = planner.plan(seen);
    }
    log.debug("{}: {}", id, plan.summary());
    if (plan.creates() && !cluster.isCurrent(build)) {
      // The cache is behind: what it does not know yet may be that this build is over.
      return lookAgain();
    }
    // Told first: once it is done and written, nobody finds it out again. Whoever dies in between
    // tells it again, under the same name.
    Events events = new Events(client, clock, build);
    plan.notices().forEach(events::tell);
    if (!tracing.equals(Tracing.NONE)) {
      tracing.tell(BuildSpans.of(seen, plan.status()));
    }
    Optional<Plan> carriedOut = act(seen, plan, id, query);
    if (carriedOut.isEmpty()) {
      return lookAgain();
    }
    Plan done = carriedOut.get();
    done.notices().stream().filter(Predicate.not(plan.notices()::contains)).forEach(events::tell);
    places.settle(seen, done);
    follow(build, id, query, done.status());
    if (!write(build, done.status(), context)) {
      return lookAgain();
    }
    EndedBuild.between(seen.status(), done.status())
        .forEach(ended -> metrics.buildEnded(ended.build(), ended.reason()));
    UpdateControl<ImageBuild> control = UpdateControl.noUpdate();
    done.again().ifPresent(control::rescheduleAfter);
    return control;
  }

  private static UpdateControl<ImageBuild> lookAgain() {
    return UpdateControl.<ImageBuild>noUpdate().rescheduleAfter(Duration.ofMillis(100));
  }

  private void follow(ImageBuild build, ResourceID id, GitQuery query, ImageBuildStatus status) {
    Follow follow = build.getSpec().follow();
    if (follow == null || build.getMetadata().getDeletionTimestamp() != null) {
      watcher.unwatch(id);
      bases.unwatch(id);
      return;
    }
    SourceStatus source = status.source();
    watcher.watch(
        id, query, Durations.parse(follow.interval()), source == null ? null : source.commit());
    if (follow.baseImages()) {
      bases.watch(id, Bases.queries(build, status), Durations.parse(follow.interval()));
    } else {
      bases.unwatch(id);
    }
  }

  private void forget(ResourceID id) {
    commits.forget(id);
    watcher.unwatch(id);
    bases.unwatch(id);
    places.forget(id);
  }

  /**
   * After a restart, those who run keep their places and those who wait keep theirs, whoever is
   * looked at first.
   */
  private synchronized void seedQueue(Context<ImageBuild> context) {
    if (seeded || !places.limited()) {
      return;
    }
    seeded = true;
    Instant now = clock.instant();
    context
        .eventSourceRetriever()
        .getControllerEventSource()
        .list(build -> build.getMetadata().getDeletionTimestamp() == null)
        .forEach(build ->
            places.seed(
                build,
                List.copyOf(Objects.requireNonNull(pods).getSecondaryResources(build)),
                now));
  }

  private Observation observe(ImageBuild build, ResourceID id, GitQuery query) {
    Instant now = clock.instant();
    List<Pod> found = new ArrayList<>(Objects.requireNonNull(pods).getSecondaryResources(build));
    found.removeIf(pod -> !owned(pod, build));
    Pod missing = missing(build, found);
    if (missing != null) {
      found.add(missing);
    }
    places.observe(build, found, now);
    return new Observation(
        build,
        found,
        SilentPod.of(found, now).map(cluster::warnings).orElse(List.of()),
        commits.state(id, query),
        watcher.sighting(id, query),
        bases.sightings(id),
        new Admission.Unasked(),
        Optional.empty(),
        now);
  }

  /** A deleted ImageBuild of the same name may have left pods that are being collected. */
  private static boolean owned(Pod pod, ImageBuild build) {
    return pod.getMetadata().getOwnerReferences().stream()
        .anyMatch(o -> Objects.equals(o.getUid(), build.getMetadata().getUid()));
  }

  /**
   * The cache may not have yet what the status speaks of: only the API server can say it is gone.
   */
  private @Nullable Pod missing(ImageBuild build, List<Pod> found) {
    ImageBuildStatus status = build.getStatus();
    BuildStatus current = status == null ? null : status.build();
    String name = current == null || !current.active() ? null : current.podName();
    if (name == null || found.stream().anyMatch(p -> name.equals(p.getMetadata().getName()))) {
      return null;
    }
    Pod pod = cluster.pod(build.getMetadata().getNamespace(), name);
    return pod != null && owned(pod, build) ? pod : null;
  }

  private void publish(ImageBuild build, ConfigMap map) {
    if (!cluster.publish(map)) {
      new Events(client, clock, build)
          .tell(
              new Plan.Notice(
                  true,
                  Reasons.CONFIG_MAP_NAME_TAKEN,
                  "a ConfigMap named "
                      + map.getMetadata().getName()
                      + " exists and is not of this ImageBuild, so the image is not published"
                      + " there; delete or rename it, and the next build publishes its image"));
    }
  }

  /**
   * Acts. A plan that could not be carried out is replaced; empty if the world is not what the plan
   * was made for, so that everything must be looked at again.
   */
  private Optional<Plan> act(Observation seen, Plan plan, ResourceID id, GitQuery query) {
    String namespace = seen.build().getMetadata().getNamespace();
    for (Action action : plan.actions()) {
      switch (action) {
        case Action.Resolve _ -> commits.ask(id, query);
        case Action.ForgetCommit _ -> commits.forget(id);
        case Action.DeletePod delete -> cluster.delete(namespace, delete.name());
        case Action.Publish publish -> publish(seen.build(), publish.configMap());
        case Action.KeepLog keep -> logs.keep(seen.build(), keep, seen.spec().retention().logs());
        case Action.Enqueue _ -> {} // Done before this plan was made.
        case Action.Leave _ -> {} // Done once this plan is carried out.
        case Action.CreatePod create -> {
          switch (cluster.create(create.alternatives())) {
            case Creation.Created created -> {
              log.info("{}: builder pod {}", id, created.pod().getMetadata().getName());
              remember(created.pod());
            }
            case Creation.Found found -> {
              log.info("{}: builder pod {} is there", id, found.pod().getMetadata().getName());
              remember(found.pod());
              if (BuildRecord.of(found.pod()).isPresent()) {
                // Whoever planned without it may have said that there is nothing to cancel.
                return Optional.empty();
              }
            }
            case Creation.Refused refused -> {
              return Optional.of(planner.plan(seen.withCreation(refused.trouble())));
            }
          }
        }
      }
    }
    return Optional.of(plan);
  }

  private void remember(Pod pod) {
    Objects.requireNonNull(pods).handleRecentResourceCreate(ResourceID.fromResource(pod), pod);
  }

  /**
   * Writes the status if it has changed; false if somebody else changed the object meanwhile, so
   * that everything must be looked at again.
   */
  private boolean write(ImageBuild build, ImageBuildStatus status, Context<ImageBuild> context) {
    if (status.equals(Objects.requireNonNullElse(build.getStatus(), ImageBuildStatus.EMPTY))) {
      return true;
    }
    ImageBuild next = new ImageBuild();
    next.setMetadata(build.getMetadata());
    next.setSpec(build.getSpec());
    next.setStatus(status);
    try {
      ImageBuild stored = cluster.writeStatus(next);
      context
          .eventSourceRetriever()
          .getControllerEventSource()
          .handleRecentResourceUpdate(ResourceID.fromResource(build), stored, build);
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return false;
      }
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return true; // Deleted meanwhile: there is nobody to tell.
      }
      throw e;
    }
  }

  @Override
  public void close() {
    commits.close();
    watcher.close();
    bases.close();
  }
}
