package dev.slipway.operator.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.operator.source.SecretReader.SecretAccess;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.Daemon;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real Git server: JGit's own daemon on loopback. */
final class JGitServerTest {
  @TempDir Path directory;

  private final GitServer server = new JGitServer(Duration.ofSeconds(5));
  private Git git;
  private Daemon daemon;
  private String url;
  private String first;
  private String second;

  @BeforeEach
  void serve() throws Exception {
    git = Git.init().setDirectory(directory.toFile()).setInitialBranch("main").call();
    git.getRepository().getConfig().setBoolean("commit", null, "gpgsign", false);
    first = commit("one");
    git.tag().setName("v1").setAnnotated(true).setMessage("v1").setSigned(false).call();
    second = commit("two");
    git.branchCreate().setName("v1").setStartPoint(second).call();
    daemon = new Daemon(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    daemon.getService("git-upload-pack").setEnabled(true);
    daemon.setRepositoryResolver((client, name) -> {
      if (!name.equals("app.git")) {
        throw new org.eclipse.jgit.errors.RepositoryNotFoundException(name);
      }
      Repository repository = git.getRepository();
      repository.incrementOpen();
      return repository;
    });
    daemon.start();
    url = "git://127.0.0.1:" + daemon.getAddress().getPort() + "/app.git";
  }

  @AfterEach
  void stop() throws Exception {
    daemon.stopAndWait();
    git.close();
  }

  private String commit(String message) throws Exception {
    return git.commit()
        .setMessage(message)
        .setAuthor("A", "a@example.com")
        .setCommitter("A", "a@example.com")
        .setSign(false)
        .setAllowEmpty(true)
        .call()
        .getName();
  }

  @Test
  void refsAreLookedUpInGitsOrderAndTagsArePeeled() {
    RemoteRefs refs = server.refs(url, Map.of());
    assertThat(refs.resolve("")).contains(second);
    assertThat(refs.resolve("main")).contains(second);
    assertThat(refs.resolve("refs/tags/v1")).contains(first);
    // A branch and a tag of one name: for a build the branch is meant, as `git clone -b` has it.
    assertThat(refs.resolve("v1")).contains(second);
    assertThat(refs.resolve(first.substring(0, 8))).contains(first);
    assertThat(refs.resolve("nope")).isEmpty();
    assertThat(refs.like("Mai")).containsExactly("main");
  }

  @Test
  void whatCannotBeAskedHasATypedReasonAndNoPassword() throws Exception {
    assertThatThrownBy(() -> server.refs(url.replace("app", "other"), Map.of()))
        .isInstanceOfSatisfying(
            GitFailure.class, e -> assertThat(e.reason()).isEqualTo("GitRepositoryNotFound"));
    int closed;
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    assertThatThrownBy(
            () -> server.refs("http://me:hunter2@127.0.0.1:" + closed + "/app.git", Map.of()))
        .isInstanceOfSatisfying(
            GitFailure.class,
            e -> {
              assertThat(e.reason()).isEqualTo("GitUnreachable");
              assertThat(e.text()).doesNotContain("hunter2").contains("127.0.0.1");
            });
  }

  @Test
  void anHttpServerThatWantsAPasswordIsAnAuthenticationFailure() throws Exception {
    var http =
        com.sun.net.httpserver.HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        exchange -> {
          exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"git\"");
          exchange.sendResponseHeaders(401, -1);
          exchange.close();
        });
    http.createContext(
        "/gone.git",
        exchange -> {
          exchange.sendResponseHeaders(404, -1);
          exchange.close();
        });
    http.start();
    try {
      String base = "http://127.0.0.1:" + http.getAddress().getPort();
      for (Map<String, byte[]> credentials :
          List.of(
              Map.<String, byte[]>of(), Map.of("username", bytes("u"), "password", bytes("p")))) {
        assertThatThrownBy(() -> server.refs(base + "/app.git", credentials))
            .isInstanceOfSatisfying(
                GitFailure.class, e -> assertThat(e.reason()).isEqualTo("GitAuthenticationFailed"));
      }
      assertThatThrownBy(() -> server.refs(base + "/gone.git", Map.of()))
          .isInstanceOfSatisfying(
              GitFailure.class, e -> assertThat(e.reason()).isEqualTo("GitRepositoryNotFound"));
    } finally {
      http.stop(0);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void oneRequestAnswersAllAndARefThatComesLaterIsFound() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    List<String> answered = new CopyOnWriteArrayList<>();
    GitServer counting =
        (u, c) -> {
          requests.incrementAndGet();
          return server.refs(u, c);
        };
    SecretReader nobody = (namespace, name) -> new SecretAccess.Denied();
    try (CommitResolver<String> resolver =
        new CommitResolver<>(
            new RepositoryReader(counting, nobody, nobody), Clock.systemUTC(), answered::add)) {
      GitQuery main = new GitQuery("a", url, "main", null, null);
      GitQuery later = new GitQuery("b", url, "later", null, null);
      assertThat(resolver.state("one", main)).isInstanceOf(Resolution.Unasked.class);
      resolver.ask("one", main);
      await().until(() -> answered.contains("one"));
      assertThat(resolver.state("one", main))
          .isInstanceOfSatisfying(
              Resolution.Resolved.class,
              resolved -> {
                assertThat(resolved.commit()).isEqualTo(second);
                assertThat(resolved.asked()).isNotNull();
                assertThat(resolved.answered()).isAfterOrEqualTo(resolved.asked());
              });
      resolver.ask("two", later);
      await().until(() -> answered.contains("two"));
      assertThat(resolver.state("two", later))
          .isInstanceOfSatisfying(
              Resolution.Failed.class,
              f -> {
                assertThat(f.reason()).isEqualTo("GitRefNotFound");
                assertThat(f.message()).contains("later");
              });
      git.branchCreate().setName("later").call();
      await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> resolver.state("two", later) instanceof Resolution.Resolved);
      resolver.ask("secret", new GitQuery("a", url, "main", "token", null));
      await().until(() -> answered.contains("secret"));
      assertThat(resolver.state("secret", new GitQuery("a", url, "main", "token", null)))
          .isInstanceOf(Resolution.LeftToBuilder.class);
      assertThat(requests.get()).isLessThanOrEqualTo(4);
      assertThat(resolver.state("any", new GitQuery("a", url, second, null, null)))
          .isEqualTo(new Resolution.Resolved(second));
    }
  }

  @Test
  void oneRequestServesAllFollowersOfARepositoryAndWakesThoseWhoseRefMoved() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    GitServer counting =
        (u, c) -> {
          requests.incrementAndGet();
          return server.refs(u, c);
        };
    List<String> moved = new CopyOnWriteArrayList<>();
    SecretReader nobody = (namespace, name) -> new SecretAccess.Denied();
    try (RefWatcher<String> watcher =
        new RefWatcher<>(
            new RepositoryReader(counting, nobody, nobody), Clock.systemUTC(), moved::add)) {
      Duration interval = Duration.ofMillis(300);
      GitQuery main = new GitQuery("a", url, "main", null, null);
      for (int i = 0; i < 50; i++) {
        watcher.watch("follower" + i, main, interval, second);
      }
      watcher.watch("tag", new GitQuery("b", url, "refs/tags/v1", null, null), interval, first);
      await().until(() -> requests.get() >= 2);
      assertThat(requests.get()).isLessThan(10);
      assertThat(moved).isEmpty();

      GitQuery secret = new GitQuery("a", url, "main", "token", null);
      watcher.watch("private", secret, interval, second);
      await()
          .until(() ->
              watcher.sighting("private", secret) instanceof RefWatcher.Sighting.Blind b
                  && b.reason().equals("SecretAccessDenied"));

      String third = commit("three");
      await().until(() -> moved.contains("follower49"));
      assertThat(watcher.sighting("follower49", main))
          .isInstanceOfSatisfying(
              RefWatcher.Sighting.Seen.class, s -> assertThat(s.commit()).isEqualTo(third));
      assertThat(moved).doesNotContain("tag");
    }
  }
}
