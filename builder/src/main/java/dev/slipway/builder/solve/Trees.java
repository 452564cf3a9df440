package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.Scope;
import dev.slipway.builder.dockerfile.Stage;
import dev.slipway.builder.dockerfile.Suggestion;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.plan.Plan;
import dev.slipway.builder.plan.StageNode;
import dev.slipway.builder.plan.TreeRef;
import dev.slipway.builder.sandbox.Sandbox;
import dev.slipway.builder.sandbox.View;
import dev.slipway.builder.source.BuildContext;
import dev.slipway.builder.source.IgnorePatterns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The trees of files that instructions read: the context, named contexts, stages and images. Each
 * is opened once in a build and stays open to its end. Thread-safe.
 */
final class Trees implements AutoCloseable {
  private final Stages stages;
  private final BaseImages images;
  private final NamedContexts named;
  private final BuildContext context;
  private final Layers layers;
  private final Supplier<Sandbox> sandbox;
  private final Platform platform;
  private final Map<TreeRef, CompletableFuture<Tree>> open = new ConcurrentHashMap<>();

  Trees(
      Stages stages,
      BaseImages images,
      NamedContexts named,
      BuildContext context,
      Layers layers,
      Supplier<Sandbox> sandbox,
      Platform platform) {
    this.stages = stages;
    this.images = images;
    this.named = named;
    this.context = context;
    this.layers = layers;
    this.sandbox = sandbox;
    this.platform = platform;
  }

  /**
   * A tree that is ready to read.
   *
   * @param root belongs to {@link Trees}
   * @param directory where {@code root} is, if it is an ordinary directory of this machine
   * @param view what {@code root} is, if it is the merged view of layers
   * @param ignore what is hidden; empty for stages and images
   * @param contextTimes whether it is a checkout or upload that keeps no times
   */
  record Tree(
      Dir root,
      Optional<Path> directory,
      Optional<View> view,
      Optional<IgnorePatterns> ignore,
      boolean contextTimes,
      Runnable cleanup) {}

  /** What {@code --from=name} in stage {@code current} means. */
  TreeRef reference(String name, int current, Location place) {
    List<Stage> all = stages.plan().nodes().stream().map(StageNode::stage).toList();
    TreeRef ref = Plan.reference(name, current, all, named::contains, place);
    if (ref instanceof TreeRef.OfStage of) {
      stages.checkReachable(current, of.index());
    }
    return ref;
  }

  /**
   * Waits for the stage that {@code --from=name} means, if it means one.
   *
   * @param meanwhile what to begin once that stage has something to do that no cache has
   */
  void await(String name, int current, Location place, Runnable meanwhile)
      throws InterruptedException {
    TreeRef ref;
    try {
      ref = reference(name, current, place);
    } catch (BuildException e) {
      return; // the step itself says so
    }
    if (ref instanceof TreeRef.OfStage of) {
      stages.whenAtWork(of.index(), meanwhile);
      stages.await(of.index());
    }
  }

  /** Opens a tree, waiting for the stage that makes it. */
  Tree open(TreeRef ref) throws InterruptedException {
    if (ref instanceof TreeRef.OfStage of) {
      stages.await(of.index());
    }
    CompletableFuture<Tree> mine = new CompletableFuture<>();
    CompletableFuture<Tree> first = open.putIfAbsent(ref, mine);
    if (first == null) {
      try {
        mine.complete(make(ref));
      } catch (BuildException | StepFailure e) {
        mine.completeExceptionally(e);
      } catch (LinuxException e) {
        mine.completeExceptionally(StageBuilder.unexpected(e));
      } finally {
        if (!mine.isDone()) { // Whatever happened above, nobody may wait for ever.
          mine.completeExceptionally(
              new BuildException(ErrorCode.INTERNAL, "opening " + ref + " ended early"));
        }
      }
      return Layers.get(mine);
    }
    return Layers.get(first);
  }

  /**
   * Names the content of a tree for cache keys, where that is known without opening it: by the
   * layers of a stage or image.
   */
  Optional<List<String>> identity(TreeRef ref) throws InterruptedException {
    return layersOf(ref).map(all -> all.stream().map(layer -> layer.diffId().toString()).toList());
  }

  /** An image by its name, which may be a stage's with a slip of the pen. */
  private BaseImages.Base image(String reference, Platform wanted) {
    try {
      return images.get(reference, wanted);
    } catch (BuildException e) {
      List<String> names =
          stages.plan().nodes().stream().flatMap(node -> node.stage().name().stream()).toList();
      String suggestion = Suggestion.of(reference, names);
      throw suggestion.isEmpty()
          ? e
          : new BuildException(e.code(), e.getMessage() + suggestion, e)
              .withRetryable(e.retryable());
    }
  }

  private Optional<List<Layer>> layersOf(TreeRef ref) throws InterruptedException {
    return switch (ref) {
      case TreeRef.MainContext ignored -> Optional.empty();
      case TreeRef.OfStage of -> Optional.of(stages.await(of.index()).state().layers());
      case TreeRef.OfImage image -> {
        ImageReference.parse(image.reference());
        yield Optional.of(image(image.reference(), platform).layers());
      }
      case TreeRef.NamedContext context ->
          named.isImage(context.name())
              ? Optional.of(named.image(context.name(), platform).layers())
              : Optional.empty();
      case TreeRef.Empty ignored -> Optional.of(List.of());
    };
  }

  /** The state that a stage starts from. */
  StageState base(StageNode node, StageBuilder.Settings settings) throws InterruptedException {
    return switch (node.base()) {
      case TreeRef.Empty ignored -> ofImage(StageBuilder.empty(target(node)), List.of(), settings);
      case TreeRef.OfStage of -> {
        StageState last = stages.await(of.index()).state();
        yield new StageState(
            last.layers(), last.image(), last.scope(), false, last.layers().size());
      }
      case TreeRef.OfImage image -> {
        BaseImages.Base base = image(image.reference(), target(node));
        yield ofImage(base.config(), base.layers(), settings);
      }
      case TreeRef.NamedContext context -> {
        BaseImages.Base base = named.image(context.name(), target(node));
        yield ofImage(base.config(), base.layers(), settings);
      }
      case TreeRef.MainContext ignored ->
          throw new BuildException(ErrorCode.INTERNAL, "a stage cannot start from the context");
    };
  }

  /** {@code @sha256:...} once a reference is resolved, to show what was built on. */
  String digestSuffix(String reference) {
    return reference.contains("@")
        ? ""
        : images.used().stream()
            .filter(image -> image.ref().equals(reference))
            .findFirst()
            .map(image -> "@" + image.digest())
            .orElse("");
  }

  private Platform target(StageNode node) {
    try {
      return node.from().platform().map(Platform::parse).orElse(platform);
    } catch (BuildException e) {
      throw new BuildException(
          ErrorCode.DOCKERFILE_SYNTAX, String.valueOf(e.getMessage()), node.from().location());
    }
  }

  private static StageState ofImage(
      ImageConfig config, List<Layer> layers, StageBuilder.Settings settings) {
    Scope scope = Scope.ofImage(settings.globals(), config.config().env());
    // The scope has a PATH where the image has none, and so must what is built on it.
    ContainerConfig.Builder own = config.config().toBuilder().env(scope.configEnvironment());
    return new StageState(layers, config.withConfig(own.build()), scope, false, layers.size());
  }

  private Tree make(TreeRef ref) throws InterruptedException, LinuxException {
    Optional<List<Layer>> all = layersOf(ref);
    if (all.isPresent()) {
      Opened opened = merged(all.get());
      return new Tree(
          opened.root(),
          Optional.empty(),
          Optional.of(opened.view()),
          Optional.empty(),
          false,
          opened::close);
    }
    return ref instanceof TreeRef.NamedContext other
        ? named.tree(other.name())
        : new Tree(
            Dir.open(context.directory()),
            Optional.of(context.directory()),
            Optional.empty(),
            Optional.of(context.ignore()),
            true,
            () -> {});
  }

  /** A merged view of layers that the caller closes. */
  Opened merged(List<Layer> all) {
    List<Path> lowers = layers.directories(all);
    Scratch scratch = layers.scratch();
    return new Opened(sandbox.get().view(lowers, scratch.path()), scratch);
  }

  /** A view and the scratch directory that it needs. */
  record Opened(View view, Scratch scratch) implements AutoCloseable {
    Dir root() {
      return view.dir();
    }

    @Override
    public void close() {
      view.close();
      scratch.close();
    }
  }

  @Override
  public void close() {
    List<Tree> done = new ArrayList<>();
    open.values().stream()
        .filter(future -> future.isDone() && !future.isCompletedExceptionally())
        .forEach(future -> done.add(future.join()));
    done.forEach(tree -> {
      if (tree.directory().isPresent()) {
        tree.root().close();
      }
      tree.cleanup().run();
    });
  }
}
