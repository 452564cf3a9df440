package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.Mount;
import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.plan.TreeRef;
import dev.slipway.builder.sandbox.Agent;
import dev.slipway.builder.sandbox.Mount.Bind;
import dev.slipway.builder.sandbox.Mount.Cache;
import dev.slipway.builder.sandbox.Mount.Secret;
import dev.slipway.builder.sandbox.Mount.Source;
import dev.slipway.builder.sandbox.Mount.SshAgent;
import dev.slipway.builder.sandbox.Mount.Tmpfs;
import dev.slipway.builder.sandbox.Sandbox;
import dev.slipway.builder.ssh.AgentSource;
import dev.slipway.builder.store.CacheMounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The mounts of a RUN: first what they mean for its key, then, if it runs, the mounts themselves.
 */
final class RunMounts {
  private static final int CACHE_MODE = 0755;
  private static final int SECRET_MODE = 0400;
  private static final int SSH_MODE = 0600;

  private final Trees trees;
  private final Layers layers;
  private final CacheMounts cacheMounts;
  private final BuildRequest.Execution execution;
  private final BuildKitArguments arguments;
  private final KeptMounts kept;
  private final Supplier<Sandbox> sandbox;

  RunMounts(
      Trees trees,
      Layers layers,
      CacheMounts cacheMounts,
      BuildRequest.Execution execution,
      BuildKitArguments arguments,
      KeptMounts kept,
      Supplier<Sandbox> sandbox) {
    this.trees = trees;
    this.layers = layers;
    this.cacheMounts = cacheMounts;
    this.execution = execution;
    this.arguments = arguments;
    this.kept = kept;
    this.sandbox = sandbox;
  }

  /** Mounts that are made; closing undoes them. */
  static final class Open implements AutoCloseable {
    private final List<dev.slipway.builder.sandbox.Mount> mounts = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final Deque<AutoCloseable> undo = new ArrayDeque<>();

    List<dev.slipway.builder.sandbox.Mount> mounts() {
      return mounts;
    }

    /** Secrets that the step sees as variables. */
    Map<String, String> environment() {
      return environment;
    }

    @Override
    public void close() {
      while (!undo.isEmpty()) {
        try {
          undo.pop().close();
        } catch (Exception e) {
          // The step has ended and its result is safe; what stays behind is pruned.
        }
      }
    }
  }

  /** Reads the mounts of an expanded RUN. Waits for the stages that they read. */
  List<PlannedMount> plan(Run run, int stage, ContainerConfig config) throws InterruptedException {
    List<PlannedMount> planned = new ArrayList<>();
    for (Mount mount : run.mounts()) {
      requireBelowRoot(mount, config, run.location());
      Optional<TreeRef> from =
          switch (mount) {
            case Mount.Bind bind ->
                Optional.of(
                    bind.from()
                        .map(name -> trees.reference(name, stage, run.location()))
                        .orElse(new TreeRef.MainContext()));
            case Mount.Cache cache ->
                cache.from().map(name -> trees.reference(name, stage, run.location()));
            case Mount.Tmpfs ignored -> Optional.empty();
            case Mount.Secret ignored -> Optional.empty();
            case Mount.Ssh ignored -> Optional.empty();
          };
      planned.add(
          new PlannedMount.Of(
              mount, from, key(mount, from, config, run.location()), run.location()));
    }
    return planned;
  }

  /** Makes the mounts. */
  Open open(List<PlannedMount> planned, StageState state) throws InterruptedException {
    Open open = new Open();
    try {
      IdentityHashMap<Mount.Cache, CacheMounts.Held> caches = take(planned, open);
      int sshAgents = 0;
      for (PlannedMount one : planned) {
        switch (one) {
          case PlannedMount.Fixed fixed -> open.mounts.add(fixed.mount());
          case PlannedMount.Of of -> {
            String base = state.config().workingDir();
            switch (of.mount()) {
              case Mount.Bind bind -> bind(open, bind, of, base);
              case Mount.Cache cache ->
                  cache(open, cache, Objects.requireNonNull(caches.get(cache)), of, base);
              case Mount.Tmpfs tmpfs ->
                  open.mounts.add(
                      new Tmpfs(absolute(base, tmpfs.target()), tmpfs.size().orElse(0)));
              case Mount.Secret secret -> secret(open, secret, of, base);
              case Mount.Ssh ssh -> ssh(open, ssh, of, base, sshAgents++);
            }
          }
        }
      }
      return open;
    } catch (IOException e) {
      open.close();
      throw StageBuilder.unexpected(e);
    } catch (RuntimeException | InterruptedException e) {
      open.close();
      throw e;
    }
  }

  private String key(Mount mount, Optional<TreeRef> from, ContainerConfig config, Location location)
      throws InterruptedException {
    return switch (mount) {
      case Mount.Bind bind -> {
        TreeRef ref = from.orElseThrow();
        Optional<List<String>> ids = trees.identity(ref);
        String content =
            ids.isPresent()
                ? String.join(",", ids.get()) + " " + bind.source()
                : ContextTrees.digest(trees.open(ref), bind.source(), location);
        yield "bind "
            + absolute(config.workingDir(), bind.target())
            + " "
            + bind.readOnly()
            + " "
            + content;
      }
      // What a cache holds must not change what a step makes; that is its contract.
      case Mount.Cache cache -> "cache " + absolute(config.workingDir(), cache.target());
      case Mount.Tmpfs tmpfs -> "tmpfs " + absolute(config.workingDir(), tmpfs.target());
      // The value of a secret never enters a key; only that the step has it does.
      case Mount.Secret secret ->
          "secret "
              + secret.id()
              + " "
              + secret.target().orElse("")
              + " "
              + secret.env().orElse("");
      case Mount.Ssh ssh -> "ssh " + ssh.id() + " " + ssh.target().orElse("");
    };
  }

  private void bind(Open open, Mount.Bind bind, PlannedMount.Of of, String base)
      throws InterruptedException, IOException {
    Trees.Tree tree = trees.open(of.from().orElseThrow());
    String target = absolute(base, bind.target());
    String source = trimmed(bind.source());
    Source from;
    String path = source;
    if (tree.view().isPresent()) {
      from = new Source.OfView(tree.view().get());
    } else if (tree.ignore().filter(ignore -> !ignore.isEmpty()).isPresent()) {
      // A step must not see what .dockerignore hides, so it gets a copy without that.
      Scratch copy = layers.scratch();
      open.undo.push(copy);
      ContextTrees.copy(tree, source, copy.path(), of.location());
      from = new Source.Directory(copy.path());
    } else {
      from = new Source.Directory(tree.directory().orElseThrow());
    }
    if (bind.readOnly()) {
      open.mounts.add(new Bind(from, path, target, true));
    } else {
      open.mounts.add(new Bind(writable(open, tree, source, of), "", target, false));
    }
  }

  /** What a step writes into a bind mount is dropped: it gets a copy of its own. */
  private Source writable(Open open, Trees.Tree tree, String source, PlannedMount.Of of)
      throws IOException {
    Scratch copy = layers.scratch();
    open.undo.push(copy);
    ContextTrees.copy(tree, source, copy.path(), of.location());
    Stat stat = tree.root().stat(source);
    Path shown = copy.path();
    if (!source.isEmpty()) {
      shown = shown.resolve(source);
    }
    if (!stat.isDirectory()) {
      throw new BuildException(
          ErrorCode.UNSUPPORTED,
          "RUN --mount=type=bind,rw of a single file (" + source + "); mount its directory",
          of.location());
    }
    return new Source.Directory(shown);
  }

  /**
   * Takes the caches of a step, in one order for all steps: who waits for one holds none that the
   * other waits for.
   */
  private IdentityHashMap<Mount.Cache, CacheMounts.Held> take(List<PlannedMount> planned, Open open)
      throws InterruptedException, IOException {
    List<Mount.Cache> caches = new ArrayList<>();
    for (PlannedMount one : planned) {
      if (one instanceof PlannedMount.Of(Mount.Cache cache, _, _, _)) {
        caches.add(cache);
      }
    }
    caches.sort(Comparator.comparing(Mount.Cache::id));
    IdentityHashMap<Mount.Cache, CacheMounts.Held> taken = new IdentityHashMap<>();
    for (Mount.Cache cache : caches) {
      CacheMounts.Held held = cacheMounts.take(arguments.cacheId(cache.id()), sharing(cache));
      open.undo.push(held);
      taken.put(cache, held);
    }
    return taken;
  }

  private CacheMounts.Sharing sharing(Mount.Cache cache) {
    return switch (cache.sharing()) {
      // What is moved into one step cannot be in another.
      case SHARED ->
          sandbox.get().capabilities().mounts()
              ? CacheMounts.Sharing.SHARED
              : CacheMounts.Sharing.LOCKED;
      case PRIVATE -> CacheMounts.Sharing.PRIVATE;
      case LOCKED -> CacheMounts.Sharing.LOCKED;
    };
  }

  private void cache(
      Open open, Mount.Cache cache, CacheMounts.Held held, PlannedMount.Of of, String base)
      throws InterruptedException, IOException {
    String id = arguments.cacheId(cache.id());
    if (held.fresh()) {
      boolean filled = kept.fill(id, held.directory());
      try (Dir dir = Dir.open(held.directory())) {
        if (of.from().isPresent() && !filled) {
          Trees.Tree tree = trees.open(of.from().get());
          ContextTrees.copyInto(tree, trimmed(cache.source()), held.directory(), of.location());
        }
        dir.chmod("", cache.mode().orElse(CACHE_MODE));
        if (cache.uid().isPresent() || cache.gid().isPresent()) {
          dir.chown("", cache.uid().orElse(0), cache.gid().orElse(0));
        }
      }
    }
    kept.used(id);
    open.mounts.add(new Cache(held.directory(), absolute(base, cache.target()), cache.readOnly()));
  }

  private void secret(Open open, Mount.Secret secret, PlannedMount.Of of, String base) {
    Optional<SecretSource> source =
        execution.secrets().stream().filter(one -> one.id().equals(secret.id())).findFirst();
    if (source.isEmpty()) {
      if (secret.required()) {
        throw new BuildException(
            ErrorCode.SECRET_NOT_FOUND,
            "the secret \""
                + secret.id()
                + "\" was not given; pass --secret id="
                + secret.id()
                + ",src=FILE (spec.secrets in an ImageBuild)",
            of.location());
      }
      return;
    }
    byte[] value = source.get().read();
    secret
        .env()
        .ifPresent(name -> open.environment.put(name, new String(value, StandardCharsets.UTF_8)));
    secret
        .target()
        .ifPresent(target ->
            open.mounts.add(
                new Secret(
                    value,
                    absolute(base, target),
                    secret.mode().orElse(SECRET_MODE),
                    Math.toIntExact(secret.uid().orElse(0)),
                    Math.toIntExact(secret.gid().orElse(0)))));
  }

  private void ssh(Open open, Mount.Ssh ssh, PlannedMount.Of of, String base, int number) {
    Optional<AgentSource> source =
        execution.ssh().stream().filter(s -> s.id().equals(ssh.id())).findFirst();
    if (source.isEmpty()) {
      if (ssh.required()) {
        throw new BuildException(
            ErrorCode.SECRET_NOT_FOUND,
            "the SSH agent \"" + ssh.id() + "\" was not given; pass --ssh " + ssh.id(),
            of.location());
      }
      return;
    }
    String target =
        ssh.target().map(path -> absolute(base, path)).orElse("/run/buildkit/ssh_agent." + number);
    open.mounts.add(
        new SshAgent(
            agent(source.get(), of),
            target,
            ssh.mode().orElse(SSH_MODE),
            Math.toIntExact(ssh.uid().orElse(0)),
            Math.toIntExact(ssh.gid().orElse(0))));
    open.environment.putIfAbsent("SSH_AUTH_SOCK", target);
  }

  private static Agent agent(AgentSource source, PlannedMount.Of of) {
    try {
      return source.open();
    } catch (BuildException e) {
      throw new BuildException(e.code(), String.valueOf(e.getMessage()), of.location());
    }
  }

  /** That a target is no root by itself the parser knows; where WORKDIR leads only we do. */
  private static void requireBelowRoot(Mount mount, ContainerConfig config, Location place) {
    String target =
        switch (mount) {
          case Mount.Bind bind -> bind.target();
          case Mount.Cache cache -> cache.target();
          case Mount.Tmpfs tmpfs -> tmpfs.target();
          case Mount.Secret secret -> secret.target().orElse("secret");
          case Mount.Ssh ssh -> ssh.target().orElse("ssh");
        };
    if (absolute(config.workingDir(), target).equals("/")) {
      throw new BuildException(
          ErrorCode.DOCKERFILE_SYNTAX,
          "invalid mount target \""
              + target
              + "\": in "
              + (config.workingDir().isEmpty() ? "/" : config.workingDir())
              + " that is the root, which nothing can be mounted over",
          place);
    }
  }

  private static String absolute(String workingDir, String target) {
    return ConfigStep.workingDirectory(workingDir, target);
  }

  private static String trimmed(String source) {
    return ConfigStep.workingDirectory("/", source).substring(1);
  }
}
