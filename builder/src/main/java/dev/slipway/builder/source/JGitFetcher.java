package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jgit.errors.IncorrectObjectTypeException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.errors.NotSupportedException;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.lib.AbbreviatedObjectId;
import org.eclipse.jgit.lib.EmptyProgressMonitor;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.FetchConnection;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.SshTransport;
import org.eclipse.jgit.transport.TagOpt;
import org.eclipse.jgit.transport.Transport;
import org.eclipse.jgit.transport.TransportHttp;
import org.eclipse.jgit.transport.URIish;
import org.jspecify.annotations.Nullable;

/** Git by JGit: no program needed, and no configuration of the machine takes part. */
public final class JGitFetcher implements GitFetcher {
  private static final String FETCHED = "refs/slipway/";

  /** Repositories can contain each other in a circle. */
  private static final int MAX_LEVEL = 16;

  private final GitSettings settings;

  static {
    IsolatedGit.install();
  }

  public JGitFetcher(GitSettings settings) {
    this.settings = settings;
  }

  @Override
  public RemoteRef resolve(String remote, String ref) {
    if (RemoteRefs.isObjectId(ref)) {
      return new RemoteRef("", ref);
    }
    GitRemote target = GitRemote.of(remote, settings);
    RemoteRefs refs = advertised(target, RemoteRefs.isShortId(ref) ? "" : ref);
    Optional<RemoteRef> found = refs.find(ref);
    if (found.isEmpty() && RemoteRefs.isShortId(ref)) {
      found = refs.byShortId(ref).map(id -> new RemoteRef("", id));
    }
    return found.orElseThrow(() -> notFound(target, ref, refs));
  }

  @Override
  public Commit fetch(GitUrl url, Path directory) {
    return fetch(url, directory, GitRemote.of(url.remote(), settings), 0);
  }

  /**
   * @param target where to fetch from; for a submodule it carries the credentials' scope of the
   *     main repository
   * @param level 0 for the main repository, 1 for its submodules, and so on
   */
  private Commit fetch(GitUrl url, Path directory, GitRemote target, int level) {
    if (url.keepGitDir().orElse(false) && url.subdir().isEmpty()) {
      return fetch(url, directory, target, level, directory.resolve(".git"), true);
    }
    try (Scratch scratch = Scratch.beside(directory, "git-")) {
      return fetch(url, directory, target, level, scratch.path().resolve("bare"), false);
    }
  }

  private Commit fetch(
      GitUrl url, Path directory, GitRemote target, int level, Path gitDir, boolean keep) {
    try (Repository repository = create(gitDir)) {
      Fetched fetched = download(target, url, repository);
      Commit commit = describe(repository, fetched);
      verifyChecksum(url, fetched, commit);
      GitTree tree = new GitTree(repository, commit);
      for (GitTree.Submodule submodule : tree.write(directory, url.subdir(), url.submodules())) {
        fetchSubmodule(submodule, url, directory, target, level + 1);
      }
      lfs(url, target, tree, commit, directory);
      if (keep) {
        GitDirectory.finish(repository, commit, Redaction.url(url.remote()));
      }
      return commit;
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.IO, "cannot store what was fetched from " + url + ": " + e.getMessage(), e);
    }
  }

  private static void lfs(GitUrl url, GitRemote target, GitTree tree, Commit commit, Path directory)
      throws IOException {
    LfsCheckout checkout = new LfsCheckout(target, tree);
    if (url.lfs()) {
      checkout.fetch(commit.ref(), directory);
    } else {
      checkout.warn();
    }
  }

  private void fetchSubmodule(
      GitTree.Submodule submodule, GitUrl parentUrl, Path directory, GitRemote parent, int level) {
    try {
      if (level > MAX_LEVEL) {
        throw new BuildException(
            ErrorCode.CONTEXT_INVALID, "submodules are nested deeper than " + MAX_LEVEL);
      }
      GitRemote target = parent.submodule(submodule.url());
      GitUrl url =
          parentUrl.submodule(target.uri().toString(), submodule.commit(), submodule.subdir());
      fetch(url, directory.resolve(submodule.path()), target, level);
    } catch (BuildException e) {
      throw new BuildException(e.code(), "submodule " + submodule.path() + ": " + e.getMessage(), e)
          .withRetryable(e.retryable());
    }
  }

  /** What came over: the object, and by which ref it was found. */
  private record Fetched(ObjectId object, String ref) {}

  private Fetched download(GitRemote target, GitUrl url, Repository repository) throws IOException {
    String ref = url.ref();
    int depth = url.depth().orElse(settings.depth());
    if (url.fetchByCommit() && url.checksum().isPresent()) {
      return new Fetched(byId(target, url.checksum().get(), repository, depth), ref);
    }
    if (RemoteRefs.isObjectId(ref)) {
      return new Fetched(byId(target, ref, repository, depth), "");
    }
    boolean maybeShort = RemoteRefs.isShortId(ref);
    RemoteRefs refs = advertised(target, maybeShort ? "" : ref);
    Optional<RemoteRef> named = refs.find(ref);
    if (named.isPresent()) {
      String name = named.get().name();
      return new Fetched(byName(target, name, repository, depth), name.equals("HEAD") ? "" : name);
    }
    if (!maybeShort) {
      throw notFound(target, ref, refs);
    }
    Optional<String> id = refs.byShortId(ref);
    if (id.isPresent()) {
      return new Fetched(byId(target, id.get(), repository, depth), "");
    }
    everything(target, repository);
    try (ObjectReader reader = repository.newObjectReader()) {
      List<ObjectId> matches = List.copyOf(reader.resolve(AbbreviatedObjectId.fromString(ref)));
      if (matches.size() == 1) {
        return new Fetched(matches.getFirst(), "");
      }
      if (matches.size() > 1) {
        throw new BuildException(
            ErrorCode.GIT_REF_NOT_FOUND,
            "'" + ref + "' is the start of several objects of " + target + "; give more digits");
      }
    }
    throw notFound(target, ref, refs);
  }

  private ObjectId byName(GitRemote target, String name, Repository repository, int depth)
      throws IOException {
    fetch(target, repository, depth, List.of("+" + name + ":" + FETCHED + "head"));
    Ref fetched = repository.exactRef(FETCHED + "head");
    if (fetched == null) {
      throw new BuildException(
          ErrorCode.GIT_REF_NOT_FOUND, "the ref " + name + " of " + target + " has just vanished");
    }
    return fetched.getObjectId();
  }

  private ObjectId byId(GitRemote target, String id, Repository repository, int depth)
      throws IOException {
    try {
      fetch(target, repository, depth, List.of(id + ":" + FETCHED + "head"));
    } catch (BuildException e) {
      if (e.code() != ErrorCode.GIT_UNREACHABLE || !(e.getCause() instanceof TransportException)) {
        throw e;
      }
      // Servers may refuse to serve an ID that no ref points at; then a ref must lead to it.
      RemoteRefs refs = advertised(target, "");
      Optional<String> name = refs.nameOf(id);
      if (name.isPresent()) {
        return byName(target, name.get(), repository, depth);
      }
      everything(target, repository);
    }
    ObjectId object = ObjectId.fromString(id);
    if (!repository.getObjectDatabase().has(object)) {
      throw new BuildException(
          ErrorCode.GIT_REF_NOT_FOUND,
          "the commit "
              + id
              + " is not in "
              + target
              + ", or no branch or tag leads to it; check the ID, and that it was pushed");
    }
    return object;
  }

  private void everything(GitRemote target, Repository repository) {
    fetch(
        target,
        repository,
        0,
        List.of("+refs/heads/*:" + FETCHED + "heads/*", "+refs/tags/*:" + FETCHED + "tags/*"));
  }

  private void fetch(GitRemote target, Repository repository, int depth, List<String> specs) {
    GitSsh ssh = new GitSsh(settings.credentials());
    try (Transport transport = open(target, repository, ssh)) {
      transport.setTagOpt(TagOpt.NO_TAGS);
      if (depth > 0) {
        transport.setDepth(depth);
      }
      List<RefSpec> wanted = new ArrayList<>();
      specs.forEach(spec -> wanted.add(new RefSpec(spec, RefSpec.WildcardMode.REQUIRE_MATCH)));
      transport.fetch(new StopWhenInterrupted(), wanted);
    } catch (IOException | URISyntaxException | RuntimeException e) {
      throw GitErrors.translate("fetching", target.toString(), e, ssh.refusedLine());
    } finally {
      ssh.close();
    }
  }

  /** What the server advertises, or the part of it that {@code ref} may mean. */
  private RemoteRefs advertised(GitRemote target, String ref) {
    GitSsh ssh = new GitSsh(settings.credentials());
    try (Transport transport = open(target, null, ssh)) {
      List<RefSpec> specs = new ArrayList<>();
      if (!ref.isEmpty()) {
        RemoteRefs.candidates(ref).forEach(name -> specs.add(new RefSpec(name)));
      }
      try (FetchConnection connection = transport.openFetch(specs)) {
        Map<String, String> commits = new HashMap<>();
        Optional<String> head = Optional.empty();
        for (Ref advertised : connection.getRefs()) {
          ObjectId peeled = advertised.getPeeledObjectId();
          ObjectId id = peeled != null ? peeled : advertised.getObjectId();
          if (id != null) {
            commits.put(advertised.getName(), id.name());
          }
          if (advertised.getName().equals("HEAD") && advertised.isSymbolic()) {
            head = Optional.of(advertised.getTarget().getName());
          }
        }
        return new RemoteRefs(commits, head);
      }
    } catch (IOException | URISyntaxException | RuntimeException e) {
      throw GitErrors.translate("asking", target.toString(), e, ssh.refusedLine());
    } finally {
      ssh.close();
    }
  }

  private Transport open(GitRemote target, @Nullable Repository repository, GitSsh ssh)
      throws NotSupportedException, TransportException, URISyntaxException, IOException {
    URIish uri = target.uri();
    Transport transport =
        repository == null ? Transport.open(uri) : Transport.open(repository, uri);
    transport.setTimeout(Math.toIntExact(settings.timeout().toSeconds()));
    transport.setCredentialsProvider(null);
    switch (transport) {
      case TransportHttp http -> http.setHttpConnectionFactory(target.connections());
      case SshTransport overSsh -> {
        settings.addresses().check(ssh.realName(uri.getHost()));
        overSsh.setSshSessionFactory(ssh);
      }
      default -> {
        if (uri.getHost() != null) {
          settings.addresses().check(uri.getHost());
        }
      }
    }
    return transport;
  }

  private static Commit describe(Repository repository, Fetched fetched) throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      RevCommit commit = walk.parseCommit(fetched.object());
      return new Commit(
          commit.name(),
          fetched.ref(),
          commit.getAuthorIdent().getName()
              + " <"
              + commit.getAuthorIdent().getEmailAddress()
              + ">",
          commit.getFullMessage(),
          commit.getCommitterIdent().getWhenAsInstant());
    } catch (MissingObjectException | IncorrectObjectTypeException e) {
      throw new BuildException(
          ErrorCode.GIT_REF_NOT_FOUND,
          "the object " + fetched.object().name() + " is no commit and no tag of one",
          e);
    }
  }

  private static void verifyChecksum(GitUrl url, Fetched fetched, Commit commit) {
    if (url.checksum().isEmpty()) {
      return;
    }
    String wanted = url.checksum().get();
    if (!commit.id().startsWith(wanted) && !fetched.object().name().startsWith(wanted)) {
      throw new BuildException(
              ErrorCode.DIGEST_MISMATCH,
              url
                  + " is at commit "
                  + commit.id()
                  + ", but "
                  + wanted
                  + " was promised; the ref has moved, or the checksum is of another commit")
          .withRetryable(false);
    }
  }

  private static BuildException notFound(GitRemote target, String ref, RemoteRefs refs) {
    if (ref.isEmpty()) {
      return new BuildException(
          ErrorCode.GIT_REF_NOT_FOUND,
          target + " has no default branch (it may be empty); name a ref");
    }
    List<String> similar = refs.similar(ref);
    return new BuildException(
        ErrorCode.GIT_REF_NOT_FOUND,
        target
            + " has no branch, tag or ref '"
            + ref
            + "'"
            + (similar.isEmpty() ? "" : "; did you mean " + String.join(" or ", similar) + "?"));
  }

  private static Repository create(Path gitDir) throws IOException {
    Repository repository =
        new FileRepositoryBuilder().setGitDir(gitDir.toFile()).setMustExist(false).build();
    boolean created = false;
    try {
      repository.create(!gitDir.endsWith(".git"));
      // Housekeeping runs in the background and would race with the deletion of the repository.
      repository.getConfig().setInt("gc", null, "auto", 0);
      repository.getConfig().setInt("gc", null, "autopacklimit", 0);
      repository.getConfig().setBoolean("gc", null, "autodetach", false);
      created = true;
      return repository;
    } finally {
      if (!created) {
        repository.close();
      }
    }
  }

  /** Cancels a download when its thread is interrupted: sockets do not notice that themselves. */
  private static final class StopWhenInterrupted extends EmptyProgressMonitor {
    @Override
    public boolean isCancelled() {
      return Thread.currentThread().isInterrupted();
    }
  }
}
