package dev.slipway.builder.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.lib.PersonIdent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repositories whose large files are in Git LFS, cloned over http. */
final class LfsTest {
  private static final Instant TIME = Instant.parse("2025-03-04T05:06:07Z");
  private static final String ATTRIBUTES = "*.bin filter=lfs diff=lfs merge=lfs -text\n";

  @TempDir Path temp;
  private GitServer server;
  private FakeLfs lfs;
  private Path work;
  private Git git;
  private String url;

  @BeforeEach
  void repository() throws Exception {
    IsolatedGit.install();
    server = new GitServer();
    lfs = new FakeLfs();
    work = temp.resolve("origin");
    git = Git.init().setDirectory(work.toFile()).setInitialBranch("main").call();
    url = server.serve("team/app.git", work.resolve(".git"));
    server.handle("/team/app.git/info/lfs", lfs::batch);
    write(".gitattributes", ATTRIBUTES);
    write("plain.txt", "plain\n");
    write("models/a.bin", lfs.put("the weights\n"));
    write("models/same.bin", lfs.put("the weights\n"));
    write("tool.bin", lfs.put("#!/bin/sh\n"));
    Files.setPosixFilePermissions(
        work.resolve("tool.bin"), PosixFilePermissions.fromString("rwxr-xr-x"));
    commit();
  }

  @AfterEach
  void stop() {
    git.close();
    lfs.close();
    server.close();
  }

  @Test
  void aFileComesInThePlaceOfItsPointer() throws Exception {
    fetch(url + "?lfs=true");

    assertThat(out("models/a.bin")).hasContent("the weights\n");
    assertThat(out("models/same.bin")).hasContent("the weights\n");
    assertThat(out("tool.bin")).hasContent("#!/bin/sh\n").isExecutable();
    assertThat(out("models/a.bin")).matches(file -> !Files.isExecutable(file));
    assertThat(out("plain.txt")).hasContent("plain\n");
    assertThat(Files.getLastModifiedTime(out("models/a.bin")).toInstant()).isEqualTo(TIME);
    assertThat(Files.getLastModifiedTime(out("models")).toInstant()).isEqualTo(TIME);
    assertThat(temp).isDirectoryNotContaining(p -> p.getFileName().toString().startsWith("lfs-"));
    // One question; what two files share is asked and fetched once.
    assertThat(lfs.questions).hasSize(1);
    assertThat(lfs.questions.getFirst().path("operation").asText()).isEqualTo("download");
    assertThat(lfs.questions.getFirst().at("/ref/name").asText()).isEqualTo("refs/heads/main");
    assertThat(lfs.questions.getFirst().path("objects")).hasSize(2);
    assertThat(lfs.fetched).hasSize(2).allMatch(request -> request.endsWith(" open null"));
  }

  @Test
  void withoutTheKeyItStaysThePointer() throws Exception {
    fetch(url);

    assertThat(out("models/a.bin")).content().startsWith("version https://git-lfs");
    assertThat(lfs.asked).isEmpty();
  }

  @Test
  void onlyWhatIsBelowTheDirectoryIsFetched() throws Exception {
    fetch(url + "?lfs=true&subdir=models");

    assertThat(out("a.bin")).hasContent("the weights\n");
    assertThat(lfs.fetched).hasSize(1);
  }

  @Test
  void moreThanOneQuestionTakesAreAskedInSeveral() throws Exception {
    for (int i = 0; i < 130; i++) {
      write("many/%03d.bin".formatted(i), lfs.put("content " + i));
    }
    commit();
    fetch(url + "?lfs=true");

    assertThat(out("many/129.bin")).hasContent("content 129");
    assertThat(lfs.questions).hasSize(2);
  }

  @Test
  void anEmptyObjectIsAnEmptyFile() throws Exception {
    write("empty.bin", lfs.put(""));
    commit();
    fetch(url + "?lfs=true");

    assertThat(out("empty.bin")).isEmptyFile();
  }

  @Test
  void credentialsAreShownToTheHostOfTheRepositoryAndNotToTheStore() throws Exception {
    Path secrets = Files.createDirectories(temp.resolve("credentials"));
    Files.writeString(secrets.resolve("username"), "bot");
    Files.writeString(secrets.resolve("password"), "s3cret");
    String basic = GitCredentials.basic("bot", "s3cret");
    lfs.authorization = basic;
    server.requiredAuthorization = basic;
    GitCredentials credentials = GitCredentials.fromDirectory(secrets);

    fetch(GitSettings.defaults().withCredentials(credentials), url + "?lfs=true");

    assertThat(out("models/a.bin")).hasContent("the weights\n");
    assertThat(lfs.asked).isNotEmpty().allMatch(request -> request.endsWith(basic));
    assertThat(lfs.fetched).isNotEmpty().allMatch(request -> request.endsWith(" open null"));
  }

  @Test
  void aServerThatTheRepositoryNamesGetsNoCredentials() throws Exception {
    String basic = GitCredentials.basic("bot", "s3cret");
    server.requiredAuthorization = basic;
    try (GitServer other = new GitServer()) {
      other.handle("/elsewhere", lfs::batch);
      write(".lfsconfig", "[lfs]\n\turl = " + other.url() + "/elsewhere/\n");
      commit();

      fetch(url.replace("http://", "http://bot:s3cret@") + "?lfs=true");

      assertThat(out("models/a.bin")).hasContent("the weights\n");
      assertThat(lfs.asked).containsExactly("POST /elsewhere/objects/batch null");
    }
  }

  @Test
  void theHeadersOfAPlaceDoNotFollowARedirect() throws Exception {
    try (GitServer other = new GitServer()) {
      other.handle(
          "/x",
          exchange -> {
            lfs.fetched.add("other " + exchange.getRequestHeaders().getFirst(FakeLfs.KEY));
            FakeLfs.answer(exchange, 200, "the weights\n");
            exchange.close();
          });
      lfs.fault =
          exchange -> {
            exchange.getResponseHeaders().add("Location", other.url() + "/x");
            exchange.sendResponseHeaders(302, -1);
            return true;
          };
      fetch(url + "?lfs=true&subdir=models");
    }
    assertThat(out("a.bin")).hasContent("the weights\n");
    assertThat(lfs.fetched).contains("other null");
  }

  @Test
  void whatIsNotTheObjectIsRefused() {
    lfs.fault = body("the Weights\n");
    assertThat(fails(ErrorCode.DIGEST_MISMATCH, "models/a.bin").retryable()).isTrue();
    lfs.fault = body("the weights\nand more");
    fails(ErrorCode.DIGEST_MISMATCH, "models/");
    assertThat(out("models/a.bin")).content().startsWith("version ");
  }

  @Test
  void aBodyThatEndsEarlyIsAskedForAgain() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    lfs.fault = exchange -> requests.getAndIncrement() == 0 && cut(exchange);
    fetch(url + "?lfs=true&subdir=models");

    assertThat(out("a.bin")).hasContent("the weights\n");
    assertThat(lfs.questions).hasSize(2);
  }

  @Test
  void aPlaceThatHasExpiredIsAskedForAnew() throws Exception {
    AtomicInteger questions = new AtomicInteger();
    lfs.twist =
        (oid, answer) -> {
          if (questions.getAndIncrement() == 0) {
            ((ObjectNode) answer.at("/actions/download/header")).put(FakeLfs.KEY, "expired");
          }
        };
    fetch(url + "?lfs=true&subdir=models");

    assertThat(out("a.bin")).hasContent("the weights\n");
    assertThat(lfs.fetched).hasSize(2);
  }

  @Test
  void aBusyServerIsAskedAgainAndADeadOneIsWorthAnotherBuild() throws Exception {
    AtomicInteger questions = new AtomicInteger();
    lfs.refusal =
        exchange -> {
          if (questions.getAndIncrement() > 0) {
            return false;
          }
          exchange.getResponseHeaders().add("Retry-After", "1");
          FakeLfs.answer(exchange, 429, "{\"message\": \"slowly\"}");
          return true;
        };
    fetch(url + "?lfs=true");
    assertThat(out("models/a.bin")).hasContent("the weights\n");

    lfs.refusal =
        exchange -> {
          FakeLfs.answer(exchange, 503, "");
          return true;
        };
    assertThat(fails(ErrorCode.GIT_UNREACHABLE, "503").retryable()).isTrue();
  }

  @Test
  void whatTheServerDoesNotHaveIsNamed() {
    lfs.forget();
    BuildException failure = fails(ErrorCode.DOWNLOAD, "git lfs push --all");
    assertThat(failure).hasMessageContaining("models/a.bin");
    assertThat(failure.retryable()).isFalse();
  }

  @Test
  void refusalsAreTyped() {
    lfs.authorization = "Basic something";
    fails(ErrorCode.GIT_AUTH, "who are you?");
    lfs.authorization = null;
    lfs.refusal =
        exchange -> {
          FakeLfs.answer(exchange, 404, "nothing");
          return true;
        };
    fails(ErrorCode.GIT_REPOSITORY_NOT_FOUND, "no LFS server");
    lfs.refusal =
        exchange -> {
          FakeLfs.answer(exchange, 200, "<html>");
          return true;
        };
    assertThat(fails(ErrorCode.DOWNLOAD, "no JSON").retryable()).isFalse();
  }

  @Test
  void placesThatBuildsMayNotReachAreRefused() {
    lfs.twist = place("file:///etc/passwd");
    assertThat(fails(ErrorCode.DOWNLOAD, "not http or https").retryable()).isFalse();
    lfs.twist = place("http://169.254.169.254/latest/meta-data");
    assertThat(fails(ErrorCode.GIT_UNREACHABLE, "not allowed").retryable()).isFalse();
    lfs.twist =
        (oid, answer) ->
            ((ObjectNode) answer.at("/actions/download/header")).put("X", "a\r\nHost: b");
    fails(ErrorCode.DOWNLOAD, "control characters");
    lfs.twist = (oid, answer) -> answer.put("size", 1);
    fails(ErrorCode.DIGEST_MISMATCH, "its pointer promises");
  }

  @Test
  void whatOnlyLooksLikeAPointerStays() throws Exception {
    write("sample.txt", lfs.put("a sample"));
    commit();
    fetch(url + "?lfs=true");

    assertThat(out("sample.txt")).content().startsWith("version ");
    assertThat(out("models/a.bin")).hasContent("the weights\n");
  }

  @Test
  void anExtensionIsRefusedByName() throws Exception {
    String pointer = lfs.put("changed by a program");
    write("x.bin", pointer.replace("oid ", "ext-0-foo sha256:" + "0".repeat(64) + "\noid "));
    commit();
    fails(ErrorCode.UNSUPPORTED, "x.bin went through the Git LFS extension ext-0-foo");
  }

  @Test
  void aSubmoduleHasAServerOfItsOwn() throws Exception {
    Path part = temp.resolve("part");
    try (FakeLfs other = new FakeLfs();
        Git inner = Git.init().setDirectory(part.toFile()).setInitialBranch("main").call()) {
      Files.writeString(part.resolve(".gitattributes"), ATTRIBUTES);
      Files.writeString(part.resolve("p.bin"), other.put("of the part"));
      inner.add().addFilepattern(".").call();
      var pinned =
          inner
              .commit()
              .setMessage("part")
              .setSign(false)
              .setAuthor(ident())
              .setCommitter(ident())
              .call();
      server.serve("team/part.git", part.resolve(".git"));
      server.handle("/team/part.git/info/lfs", other::batch);
      Submodule.commit(git, "part", "../part.git", pinned, ident());

      fetch(url + "?lfs=true");

      assertThat(out("part/p.bin")).hasContent("of the part");
      assertThat(out("models/a.bin")).hasContent("the weights\n");
    }
  }

  @Test
  void theServerIsFoundByTheRulesOfGitLfs() {
    assertThat(endpoint("https://git.example.com/a/b")).hasToString(at("git.example.com/a/b.git"));
    assertThat(endpoint("https://git.example.com:8443/a/b.git/"))
        .hasToString(at("git.example.com:8443/a/b.git"));
    assertThat(endpoint("git@git.example.com:a/b.git")).hasToString(at("git.example.com/a/b.git"));
    assertThat(endpoint("ssh://git@git.example.com:2222/a/b"))
        .hasToString(at("git.example.com/a/b.git"));
    assertThat(endpoint("git://git.example.com/a/b")).hasToString(at("git.example.com/a/b.git"));
  }

  @Test
  void anHttpsServerMayNotLeadToHttp() {
    LfsEndpoint endpoint = endpoint("https://git.example.com/a.git");
    LfsPointer pointer =
        LfsPointer.parse(FakeLfs.pointer("ab".repeat(32), 3).getBytes()).orElseThrow();
    LfsFile file = new LfsFile("a.bin", pointer, true);
    String answer =
        "{\"objects\": [{\"oid\": \"%s\", \"actions\": {\"download\": {\"href\": \"http://x/y\"}}}]}"
            .formatted(pointer.oid());
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> LfsBatch.answers(answer.getBytes(), List.of(file), endpoint))
        .withMessageContaining("leads to http");
  }

  private static String at(String repository) {
    return "https://" + repository + "/info/lfs";
  }

  private static LfsEndpoint endpoint(String remote) {
    GitSettings settings = GitSettings.defaults();
    return LfsEndpoint.of(
        GitRemote.of(remote, settings), Optional.empty(), host -> Optional.empty());
  }

  private static BiConsumer<String, ObjectNode> place(String href) {
    return (oid, answer) -> ((ObjectNode) answer.at("/actions/download")).put("href", href);
  }

  private static FakeLfs.Fault body(String text) {
    return exchange -> {
      FakeLfs.answer(exchange, 200, text);
      return true;
    };
  }

  /** Announces more than it sends. */
  private static boolean cut(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 12);
    exchange.getResponseBody().write("the".getBytes());
    exchange.getResponseBody().flush();
    exchange.close();
    return true;
  }

  private BuildException fails(ErrorCode code, String message) {
    try {
      fetch(url + "?lfs=true");
    } catch (BuildException e) {
      assertThat(e).hasMessageContaining(message);
      assertThat(e.code()).isEqualTo(code);
      return e;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("it was fetched");
  }

  private void fetch(String text) throws IOException {
    fetch(
        new GitSettings(
            GitCredentials.none(),
            AddressPolicy.NO_METADATA,
            false,
            1,
            Duration.ofSeconds(5),
            Map.of()),
        text);
  }

  private void fetch(GitSettings settings, String text) throws IOException {
    try (dev.slipway.builder.linux.Dir dir = dev.slipway.builder.linux.Dir.open(temp)) {
      dir.deleteRecursively("out");
      dir.mkdir("out", 0755);
    }
    new JGitFetcher(settings).fetch(GitUrl.parse(text).orElseThrow(), out(""));
  }

  private Path out(String path) {
    return temp.resolve("out").resolve(path);
  }

  private void write(String path, String text) throws IOException {
    Path file = work.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void commit() throws Exception {
    git.add().addFilepattern(".").call();
    git.commit().setMessage("x").setSign(false).setAuthor(ident()).setCommitter(ident()).call();
  }

  private static PersonIdent ident() {
    return new PersonIdent("Ada", "ada@example.com", TIME, ZoneOffset.UTC);
  }
}
