package dev.slipway.operator.source;

import dev.slipway.api.CaBundleKind;
import dev.slipway.api.CaBundleReference;
import dev.slipway.api.Reasons;
import dev.slipway.operator.source.GitQuery.Repository;
import dev.slipway.operator.source.SecretReader.SecretAccess;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks repositories for their refs, with the credentials they name. Thread-safe. */
public final class RepositoryReader {
  private static final Logger log = LoggerFactory.getLogger(RepositoryReader.class);

  /** Requests in flight at once; a server that hangs holds one of them until its time is up. */
  private static final int PARALLEL = 32;

  private final GitServer server;
  private final SecretReader secrets;
  private final SecretReader configMaps;
  private final Semaphore slots = new Semaphore(PARALLEL);

  public RepositoryReader(SecretReader secrets, SecretReader configMaps) {
    this(new JGitServer(Duration.ofSeconds(20)), secrets, configMaps);
  }

  RepositoryReader(GitServer server, SecretReader secrets, SecretReader configMaps) {
    this.server = server;
    this.secrets = secrets;
    this.configMaps = configMaps;
  }

  /**
   * Asks, on the calling thread, once there is a slot for it.
   *
   * @param starting called just before the request goes out; what it returns is handed on
   */
  <T> void read(Repository repository, Supplier<T> starting, BiConsumer<T, RefsAnswer> answered) {
    try {
      slots.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    T started;
    RefsAnswer answer;
    try {
      started = starting.get();
      answer = fetch(repository);
    } finally {
      slots.release();
    }
    answered.accept(started, answer);
  }

  private RefsAnswer fetch(Repository repository) {
    try {
      Map<String, byte[]> credentials = new HashMap<>();
      String secret = repository.secret();
      if (secret != null) {
        switch (secrets.read(repository.namespace(), secret)) {
          case SecretAccess.Data data -> credentials.putAll(data.values());
          case SecretAccess.Denied _ -> {
            return new RefsAnswer.NoAccess();
          }
          case SecretAccess.Missing _ -> {
            return missing("the Secret " + secret + " of spec.source.git.secretRef");
          }
          case SecretAccess.Unavailable u -> {
            return new RefsAnswer.Trouble(Reasons.SECRET_NOT_FOUND, u.message());
          }
        }
      }
      CaBundleReference bundle = repository.caBundle();
      if (bundle != null) {
        boolean isSecret = bundle.kind() == CaBundleKind.SECRET;
        String named =
            "the "
                + (isSecret ? "Secret " : "ConfigMap ")
                + bundle.name()
                + " of spec.source.git.caBundleRef";
        switch ((isSecret ? secrets : configMaps).read(repository.namespace(), bundle.name())) {
          case SecretAccess.Data data -> {
            byte[] pem = data.values().get(bundle.key());
            if (pem == null) {
              return missing("the key " + bundle.key() + " in " + named);
            }
            credentials.put("ca.crt", pem);
          }
          case SecretAccess.Denied _ -> {
            return new RefsAnswer.NoAccess();
          }
          case SecretAccess.Missing _ -> {
            return isSecret
                ? missing(named)
                : new RefsAnswer.Trouble(Reasons.CONFIG_MAP_NOT_FOUND, absent(named));
          }
          case SecretAccess.Unavailable u -> {
            return new RefsAnswer.Trouble(Reasons.CONFIG_MAP_NOT_FOUND, u.message());
          }
        }
      }
      return new RefsAnswer.Refs(server.refs(repository.url(), Map.copyOf(credentials)));
    } catch (GitFailure e) {
      return new RefsAnswer.Trouble(e.reason(), e.text());
    } catch (RuntimeException e) {
      log.warn("asking a Git server failed in an unforeseen way", e);
      return new RefsAnswer.Trouble(
          Reasons.GIT_UNREACHABLE,
          "the Git server could not be asked: " + e.getClass().getSimpleName());
    }
  }

  private static RefsAnswer missing(String what) {
    return new RefsAnswer.Trouble(Reasons.SECRET_NOT_FOUND, absent(what));
  }

  private static String absent(String what) {
    return what + " does not exist; create it in this namespace, and the build goes on by itself";
  }
}
