package dev.slipway.builder.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.source.GitFetcher.RemoteRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.TreeFormatter;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.transport.UploadPack.RequestPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real upload-pack over http; each test fetches and looks at the files. */
final class JGitFetcherTest {
  private static final Instant TIME = Instant.parse("2025-03-04T05:06:07Z");

  @TempDir Path temp;
  private GitServer server;
  private Git git;
  private Path work;
  private String url;
  private RevCommit first;
  private RevCommit second;

  @BeforeEach
  void repository() throws Exception {
    IsolatedGit.install();
    server = new GitServer();
    work = temp.resolve("origin");
    git = Git.init().setDirectory(work.toFile()).setInitialBranch("main").call();
    write("Dockerfile", "FROM scratch\n");
    write("bin/run", "#!/bin/sh\n");
    Files.setPosixFilePermissions(
        work.resolve("bin/run"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createSymbolicLink(work.resolve("link"), Path.of("bin/run"));
    write("crlf.txt", "one\r\ntwo\n");
    write("sub/dir/inner.txt", "inner");
    first = commit("first\n\nwith a body\n");
    write("Dockerfile", "FROM scratch\nCOPY . /\n");
    second = commit("second");
    git.tag()
        .setName("v1")
        .setObjectId(first)
        .setAnnotated(true)
        .setTagger(ident())
        .setMessage("one")
        .call();
    git.tag().setName("light").setObjectId(first).setAnnotated(false).call();
    git.branchCreate().setName("feature/x").setStartPoint(first).call();
    url = server.serve("team/app.git", work.resolve(".git"));
  }

  @AfterEach
  void stop() {
    git.close();
    server.close();
  }

  @Test
  void theDefaultBranchIsWrittenWithModesLinksAndTheTimeOfTheCommit() throws Exception {
    Commit commit = fetch(url);

    assertThat(commit.id()).isEqualTo(second.name());
    assertThat(commit.ref()).isEqualTo("refs/heads/main");
    assertThat(commit.author()).isEqualTo("Ada <ada@example.com>");
    assertThat(commit.time()).isEqualTo(TIME);
    assertThat(out("Dockerfile")).hasContent("FROM scratch\nCOPY . /\n");
    assertThat(mode("Dockerfile")).isEqualTo("rw-r--r--");
    assertThat(mode("bin/run")).isEqualTo("rwxr-xr-x");
    assertThat(mode("bin")).isEqualTo("rwxr-xr-x");
    assertThat(Files.readSymbolicLink(out("link"))).isEqualTo(Path.of("bin/run"));
    assertThat(Files.readString(out("crlf.txt"))).isEqualTo("one\r\ntwo\n");
    assertThat(Files.getLastModifiedTime(out("sub/dir/inner.txt")).toInstant()).isEqualTo(TIME);
    assertThat(Files.getLastModifiedTime(out("sub")).toInstant()).isEqualTo(TIME);
    assertThat(out(".git")).doesNotExist();
    assertThat(temp).isDirectoryNotContaining(p -> p.getFileName().toString().startsWith("git-"));
  }

  @Test
  void everyKindOfRefLeadsToItsCommit() {
    assertThat(fetch(url + "#main").id()).isEqualTo(second.name());
    assertThat(fetch(url + "#feature/x").ref()).isEqualTo("refs/heads/feature/x");
    assertThat(fetch(url + "#v1").id()).isEqualTo(first.name());
    assertThat(fetch(url + "#light").id()).isEqualTo(first.name());
    assertThat(fetch(url + "#refs/tags/v1").ref()).isEqualTo("refs/tags/v1");
    assertThat(fetch(url + "#" + first.name()).message()).isEqualTo("first\n\nwith a body\n");
    assertThat(fetch(url + "#" + first.name().substring(0, 8)).id()).isEqualTo(first.name());
    assertThat(fetch(url + "?tag=v1").id()).isEqualTo(first.name());
    assertThat(fetch(url + "?branch=feature/x").id()).isEqualTo(first.name());
  }

  @Test
  void aCommitThatNoRefPointsAtIsFoundOnServersThatServeOnlyRefs() throws Exception {
    write("third", "3");
    commit("third");
    server.policy = RequestPolicy.ADVERTISED;
    assertThat(fetch(url + "#" + second.name()).id()).isEqualTo(second.name());
    assertThat(fetch(url + "#" + second.name().substring(0, 9)).id()).isEqualTo(second.name());
    fails(
        "#" + "0123456789".repeat(4), ErrorCode.GIT_REF_NOT_FOUND, "no branch or tag leads to it");
  }

  @Test
  void resolveAsksOnlyForRefs() {
    JGitFetcher fetcher = fetcher();
    assertThat(fetcher.resolve(url, "")).isEqualTo(new RemoteRef("refs/heads/main", second.name()));
    assertThat(fetcher.resolve(url, "v1")).isEqualTo(new RemoteRef("refs/tags/v1", first.name()));
    assertThat(fetcher.resolve(url, "refs/heads/main").commit()).isEqualTo(second.name());
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> fetcher.resolve(url, "featur"))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.GIT_REF_NOT_FOUND))
        .withMessageContaining("did you mean feature/x?");
  }

  @Test
  void aSubdirectoryIsWrittenAloneAndCannotLeaveTheRepository() throws Exception {
    Files.createSymbolicLink(work.resolve("out"), Path.of("/etc"));
    commit("a way out");
    fetch(url + "#main:sub");
    assertThat(out("dir/inner.txt")).hasContent("inner");
    assertThat(out("Dockerfile")).doesNotExist();
    fails("#main:nowhere", ErrorCode.CONTEXT_INVALID, "no nowhere");
    fails("#main:out", ErrorCode.CONTEXT_INVALID, "symbolic link");
    fails("#main:sub/dir/inner.txt", ErrorCode.CONTEXT_INVALID, "a file at");
    fails("#main:../x", ErrorCode.CONTEXT_INVALID, "..");
  }

  @Test
  void theChecksumMustMatch() {
    assertThat(fetch(url + "?ref=main&commit=" + second.name().substring(0, 10)).id())
        .isEqualTo(second.name());
    fails("?ref=main&commit=" + first.name(), ErrorCode.DIGEST_MISMATCH, "was promised");
    assertThat(fetch(url + "?ref=main&fetch-by-commit&commit=" + first.name()).id())
        .isEqualTo(first.name());
  }

  @Test
  void theGitDirectoryCanBeKept() throws Exception {
    fetch(url.replace("http://", "http://user:secret@") + "?ref=v1&keep-git-dir");
    try (Git kept = Git.open(out("").toFile())) {
      assertThat(kept.getRepository().resolve("HEAD")).isEqualTo(first);
      assertThat(kept.getRepository().exactRef("refs/tags/v1")).isNotNull();
      assertThat(kept.getRepository().getRefDatabase().getRefsByPrefix("refs/slipway/")).isEmpty();
      assertThat(kept.status().call().isClean()).isTrue();
      assertThat(Files.readString(out(".git/config"))).doesNotContain("secret");
    }
  }

  @Test
  void submodulesComeWithRelativeUrlsAndCredentialsOfTheSameHost() throws Exception {
    Path lib = temp.resolve("lib");
    RevCommit pinned;
    try (Git library = Git.init().setDirectory(lib.toFile()).setInitialBranch("main").call()) {
      Files.writeString(lib.resolve("lib.c"), "int x;");
      library.add().addFilepattern(".").call();
      pinned =
          library
              .commit()
              .setMessage("lib")
              .setSign(false)
              .setAuthor(ident())
              .setCommitter(ident())
              .call();
    }
    server.serve("team/lib.git", lib.resolve(".git"));
    submodule("deps/lib", "../lib.git", pinned);
    server.requiredAuthorization = GitCredentials.basic("user", "secret");

    fetchWith(fetcher(GitSettings.defaults().withCredentials(credentials("user", "secret"))), url);
    assertThat(out("deps/lib/lib.c")).hasContent("int x;");
    assertThat(out("deps/lib/.git")).doesNotExist();

    reset();
    fetchWith(
        fetcher(GitSettings.defaults().withCredentials(credentials("user", "secret"))),
        url + "#main:deps/lib");
    assertThat(out("lib.c")).hasContent("int x;");

    reset();
    fetchWith(
        fetcher(GitSettings.defaults().withCredentials(credentials("user", "secret"))),
        url + "?submodules=false");
    assertThat(out("deps/lib")).isEmptyDirectory();
  }

  @Test
  void aSubmoduleOnAnotherHostGetsNoCredentials() throws Exception {
    try (GitServer other = new GitServer()) {
      other.serve("lib.git", work.resolve(".git"));
      submodule("lib", other.url() + "/lib.git", first);
      server.requiredAuthorization = GitCredentials.basic("user", "secret");
      fetchWith(
          fetcher(GitSettings.defaults().withCredentials(credentials("user", "secret"))), url);
      assertThat(out("lib/Dockerfile")).exists();
      assertThat(other.requests()).isNotEmpty().allMatch(line -> line.endsWith(" null"));
    }
  }

  @Test
  void submodulesWithHostileUrlsAreRefused() throws Exception {
    submodule("evil", "ext::sh -c touch /tmp/x", first);
    fails("", ErrorCode.CONTEXT_INVALID, ".gitmodules");
    submodule("evil", "file:///etc", first);
    fails("", ErrorCode.USAGE, "submodule evil: local Git repositories are refused");
    submodule("evil", "../../../../../x", first);
    fails("", ErrorCode.CONTEXT_INVALID, "leads above the host");
  }

  @Test
  void credentialsAreSentToTheirHostOnlyAndNeverShown() throws Exception {
    server.requiredAuthorization = GitCredentials.basic("user", "s3cret");
    fails("", ErrorCode.GIT_AUTH, "check the Git credentials");
    String withUser = url.replace("http://", "http://user:wrong@");
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> fetch(withUser))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.GIT_AUTH))
        .satisfies(e -> assertThat(stack(e)).doesNotContain("wrong"));
    reset();
    fetch(url.replace("http://", "http://user:s3cret@"));
    assertThat(out("Dockerfile")).exists();

    try (GitServer other = new GitServer()) {
      other.serve("app.git", work.resolve(".git"));
      server.redirect("moved.git", other.url() + "/app.git");
      reset();
      fetchWith(
          fetcher(GitSettings.defaults().withCredentials(credentials("user", "s3cret"))),
          server.url() + "/moved.git");
      assertThat(out("Dockerfile")).exists();
      assertThat(other.requests()).isNotEmpty().allMatch(line -> line.endsWith(" null"));
    }
  }

  @Test
  void buildSecretsAuthenticateAsInBuildKit() throws Exception {
    server.requiredAuthorization = GitCredentials.basic("x-access-token", "tok");
    GitCredentials token =
        GitCredentials.none().withSecrets(Map.of("GIT_AUTH_TOKEN", "tok\n".getBytes(UTF_8)));
    fetchWith(fetcher(GitSettings.defaults().withCredentials(token)), url);
    server.requiredAuthorization = "Bearer abc";
    String host = server.url().substring("http://".length());
    GitCredentials header =
        GitCredentials.none()
            .withSecrets(Map.of("GIT_AUTH_HEADER." + host, "Bearer abc".getBytes(UTF_8)));
    reset();
    fetchWith(fetcher(GitSettings.defaults().withCredentials(header)), url);
    assertThat(out("Dockerfile")).exists();
  }

  @Test
  void whatIsWrongHasItsCode() throws Exception {
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> fetch(server.url() + "/nobody.git"))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.GIT_REPOSITORY_NOT_FOUND));
    fails("#nope", ErrorCode.GIT_REF_NOT_FOUND, "no branch, tag or ref 'nope'");
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> fetch("http://127.0.0.1:1/x.git"))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.GIT_UNREACHABLE))
        .satisfies(e -> assertThat(e.retryable()).isTrue());
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> fetch("http://169.254.169.254/x.git"))
        .withMessageContaining("not open to builds")
        .satisfies(e -> assertThat(e.retryable()).isFalse());
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> fetch("file://" + work))
        .withMessageContaining("local Git repositories are refused");
    fetchWith(fetcher(GitSettings.defaults().withAllowLocal(true)), "file://" + work);
    assertThat(out("Dockerfile")).exists();
  }

  @Test
  void hostileTreesAreRefused() throws Exception {
    Repository repository = git.getRepository();
    try (ObjectInserter inserter = repository.newObjectInserter()) {
      ObjectId blob = inserter.insert(Constants.OBJ_BLOB, "x".getBytes(UTF_8));
      ObjectId etc = inserter.insert(Constants.OBJ_BLOB, "/tmp".getBytes(UTF_8));
      TreeFormatter inner = new TreeFormatter();
      inner.append("pwned", FileMode.REGULAR_FILE, blob);
      ObjectId directory = inserter.insert(inner);
      TreeFormatter twice = new TreeFormatter();
      twice.append("a", FileMode.SYMLINK, etc);
      twice.append("a", FileMode.TREE, directory);
      ref("twice", commitOf(inserter, inserter.insert(twice)));
      TreeFormatter up = new TreeFormatter();
      up.append("..", FileMode.TREE, directory);
      ref("up", commitOf(inserter, inserter.insert(up)));
      TreeFormatter dotGit = new TreeFormatter();
      dotGit.append(".GIT", FileMode.TREE, directory);
      ref("dotgit", commitOf(inserter, inserter.insert(dotGit)));
    }
    fails("#twice", ErrorCode.CONTEXT_INVALID, "twice");
    fails("#up", ErrorCode.CONTEXT_INVALID, "no name for a file");
    fails("#dotgit", ErrorCode.CONTEXT_INVALID, "no name for a file");
    assertThat(Path.of("/tmp/pwned")).doesNotExist();
  }

  private ObjectId commitOf(ObjectInserter inserter, ObjectId tree) throws IOException {
    org.eclipse.jgit.lib.CommitBuilder builder = new org.eclipse.jgit.lib.CommitBuilder();
    builder.setTreeId(tree);
    builder.setAuthor(ident());
    builder.setCommitter(ident());
    builder.setMessage("hostile");
    ObjectId id = inserter.insert(builder);
    inserter.flush();
    return id;
  }

  private void ref(String branch, ObjectId id) throws IOException {
    org.eclipse.jgit.lib.RefUpdate update = git.getRepository().updateRef("refs/heads/" + branch);
    update.setNewObjectId(id);
    update.forceUpdate();
  }

  private void submodule(String path, String target, RevCommit pinned) throws Exception {
    Submodule.commit(git, path, target, pinned, ident());
  }

  private void fails(String suffix, ErrorCode code, String message) {
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> fetch(url + suffix))
        .withMessageContaining(message)
        .satisfies(e -> assertThat(e.code()).isEqualTo(code));
  }

  private Commit fetch(String text) {
    return fetchWith(fetcher(), text);
  }

  private Commit fetchWith(GitFetcher fetcher, String text) {
    reset();
    GitUrl parsed = GitUrl.parse(text).orElseThrow();
    return fetcher.fetch(parsed, temp.resolve("out"));
  }

  private void reset() {
    try (dev.slipway.builder.linux.Dir dir = dev.slipway.builder.linux.Dir.open(temp)) {
      dir.deleteRecursively("out");
      dir.mkdir("out", 0755);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JGitFetcher fetcher() {
    return fetcher(GitSettings.defaults());
  }

  private static JGitFetcher fetcher(GitSettings settings) {
    return new JGitFetcher(settings);
  }

  private GitCredentials credentials(String user, String password) throws IOException {
    Path dir = Files.createDirectories(temp.resolve("credentials"));
    Files.writeString(dir.resolve("username"), user + "\n");
    Files.writeString(dir.resolve("password"), password + "\n");
    return GitCredentials.fromDirectory(dir);
  }

  private Path out(String path) {
    return temp.resolve("out").resolve(path);
  }

  private String mode(String path) throws IOException {
    return PosixFilePermissions.toString(
        Files.getPosixFilePermissions(out(path), LinkOption.NOFOLLOW_LINKS));
  }

  private void write(String path, String text) throws IOException {
    Path file = work.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private RevCommit commit(String message) throws Exception {
    git.add().addFilepattern(".").call();
    return git.commit()
        .setMessage(message)
        .setSign(false)
        .setAuthor(ident())
        .setCommitter(ident())
        .call();
  }

  private static PersonIdent ident() {
    return new PersonIdent("Ada", "ada@example.com", TIME, ZoneOffset.UTC);
  }

  private static String stack(Throwable failure) {
    java.io.StringWriter out = new java.io.StringWriter();
    failure.printStackTrace(new java.io.PrintWriter(out));
    return out.toString();
  }
}
