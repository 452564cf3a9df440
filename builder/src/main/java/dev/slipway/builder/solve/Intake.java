package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.report.Reporter;
import dev.slipway.builder.source.BuildContext;
import dev.slipway.builder.source.ContextLoader;
import dev.slipway.builder.source.DeferredGit;
import dev.slipway.builder.source.DownloadSettings;
import dev.slipway.builder.source.Downloads;
import dev.slipway.builder.source.GitCredentials;
import dev.slipway.builder.source.GitFetcher;
import dev.slipway.builder.source.GitSettings;
import dev.slipway.builder.source.GitUrl;
import dev.slipway.builder.source.JGitFetcher;
import dev.slipway.builder.source.RemoteFiles;
import dev.slipway.builder.source.Source;
import dev.slipway.builder.store.ContentStore;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What comes from outside: the context, named contexts, and what ADD downloads. */
final class Intake implements AutoCloseable {
  private final BuildRequest request;
  private final BuildKitArguments arguments;
  private final EngineSettings settings;
  private final Reporter reporter;
  private final ContentStore store;
  private final Path contexts;
  private final Path added;
  private final ContextLoader loader;
  private final Remotes remotes;

  /**
   * @throws BuildException {@code UNSUPPORTED} for a build argument that asks for what this engine
   *     cannot do, before anything is fetched
   */
  Intake(BuildRequest request, EngineSettings settings, Reporter reporter, ContentStore store) {
    this.request = request;
    this.arguments = BuildKitArguments.of(request.definition().buildArgs());
    this.settings = settings;
    this.reporter = reporter;
    GitFetcher git = new DeferredGit(() -> new JGitFetcher(gitSettings()));
    Downloads downloads = new Downloads(DownloadSettings.defaults().withSecrets(secrets()));
    this.store = store;
    this.contexts = store.newScratch("context");
    this.added = store.newScratch("add");
    this.loader = new ContextLoader(contexts, git, downloads);
    this.remotes = new Remotes(new RemoteFiles(added, git, downloads));
  }

  /** Deletes what was fetched. */
  @Override
  public void close() {
    store.delete(contexts);
    store.delete(added);
  }

  BuildKitArguments arguments() {
    return arguments;
  }

  ContextLoader loader() {
    return loader;
  }

  Remotes remotes() {
    return remotes;
  }

  /** Fetches the context where it is remote, and reads the Dockerfile. */
  BuildContext context() {
    Source source = Source.parse(request.context());
    if (source instanceof Source.Git(GitUrl url)
        && url.keepGitDir().isEmpty()
        && arguments.keepGitDir()) {
      source = new Source.Git(url.withKeepGitDir(Optional.of(true)));
    }
    boolean remote = !(source instanceof Source.LocalDirectory);
    if (!remote) {
      return loader.load(source, request.dockerfile().orElse(""), System.in);
    }
    Reporter.Running step = reporter.start(Optional.empty(), "[internal] fetch " + source);
    try {
      BuildContext context = loader.load(source, request.dockerfile().orElse(""), System.in);
      context
          .commit()
          .ifPresent(commit ->
              step.note(
                  "commit " + commit.id() + " " + commit.message().lines().findFirst().orElse("")));
      step.done();
      return context;
    } catch (BuildException e) {
      step.failed(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private GitSettings gitSettings() {
    GitCredentials credentials =
        request
            .execution()
            .gitCredentials()
            .map(GitCredentials::fromDirectory)
            .orElseGet(GitCredentials::none);
    return GitSettings.defaults()
        .withCredentials(credentials.withSecrets(secrets()))
        .withAllowLocal(settings.environment().containsKey("SLIPWAY_ALLOW_LOCAL_GIT"));
  }

  /** Build secrets may be credentials of Git and http servers. */
  private Map<String, byte[]> secrets() {
    Map<String, byte[]> secrets = new LinkedHashMap<>();
    for (SecretSource secret : request.execution().secrets()) {
      secret.readIfThere().ifPresent(value -> secrets.put(secret.id(), value));
    }
    return secrets;
  }
}
