package dev.slipway.operator.base;

import dev.slipway.api.Reasons;
import dev.slipway.operator.source.SecretReader;
import dev.slipway.operator.source.SecretReader.SecretAccess;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/**
 * Finds out the digest of a base image: from a mirror if the platform has one, with the login of
 * the namespace if its Secret may be read and has one, else anonymously. What was asked a moment
 * ago with the same login is not asked again. Thread-safe.
 */
public final class BaseImageReader {
  private static final String DOCKER_CONFIG = ".dockerconfigjson";

  /** Requests in flight at once; a registry that hangs holds one of them until its time is up. */
  private static final int PARALLEL = 16;

  private final SecretReader secrets;
  private final Set<String> insecure;
  private final Map<String, String> mirrors;
  private final Clock clock;
  private final ManifestClient registries = new ManifestClient();
  private final Semaphore slots = new Semaphore(PARALLEL);

  // Guarded by this.
  private final Map<Question, Answer> recent = new HashMap<>();

  private record Question(ImageName image, Optional<Login> login, boolean insecure) {}

  private record Answer(Instant asked, CompletableFuture<BaseSighting> sighting) {}

  /**
   * @param insecure registries of the platform without TLS
   * @param mirrors registry to the mirror that is asked before it
   */
  public BaseImageReader(
      SecretReader secrets, List<String> insecure, Map<String, String> mirrors, Clock clock) {
    this.secrets = secrets;
    this.insecure = Set.copyOf(insecure);
    this.mirrors = Map.copyOf(mirrors);
    this.clock = clock;
  }

  /**
   * Asks, on the calling thread.
   *
   * @param age how old an answer may be that was given to somebody else
   */
  BaseSighting read(BaseQuery query, Duration age) {
    Optional<ImageName> image = ImageName.moving(query.reference());
    if (image.isEmpty()) {
      return new BaseSighting.Blind(
          Reasons.IMAGE_NOT_FOUND,
          query.reference() + " is not the name of an image that can move");
    }
    Question question =
        new Question(
            image.get(),
            login(query, image.get()),
            query.insecure().equals(image.get().registry()));
    Answer answer;
    boolean ask;
    synchronized (this) {
      Instant now = clock.instant();
      Answer before = recent.get(question);
      if (before != null && Duration.between(before.asked(), now).compareTo(age) <= 0) {
        answer = before;
        ask = false;
      } else {
        answer = new Answer(now, new CompletableFuture<>());
        ask = true;
        recent.values().removeIf(a -> Duration.between(a.asked(), now).toHours() >= 1);
        recent.put(question, answer);
      }
    }
    if (ask) {
      answer.sighting().complete(ask(question, answer.asked()));
    }
    return answer.sighting().join();
  }

  private Optional<Login> login(BaseQuery query, ImageName image) {
    if (query.secret() == null
        || !(secrets.read(query.namespace(), query.secret()) instanceof SecretAccess.Data data)) {
      return Optional.empty();
    }
    byte[] config = data.values().get(DOCKER_CONFIG);
    return config == null ? Optional.empty() : Login.in(config, image);
  }

  private BaseSighting ask(Question question, Instant asked) {
    try {
      slots.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new BaseSighting.Blind(Reasons.REGISTRY_UNREACHABLE, "stopped");
    }
    try {
      RegistryFailure last = new RegistryFailure(Reasons.REGISTRY_UNREACHABLE, "nobody was asked");
      for (Place place : places(question)) {
        try {
          boolean origin = place.prefix().isEmpty() && isOrigin(place, question.image());
          return new BaseSighting.Seen(
              registries.digest(
                  question.image(), place, origin ? question.login() : Optional.empty()),
              asked);
        } catch (RegistryFailure e) {
          last = e;
        }
      }
      return new BaseSighting.Blind(last.reason(), last.text());
    } finally {
      slots.release();
    }
  }

  private static boolean isOrigin(Place place, ImageName image) {
    return place.host().equals(ImageName.host(image.registry()));
  }

  /** The mirror first. What it does not have, or does not say, its origin is asked for. */
  private List<Place> places(Question question) {
    String registry = question.image().registry();
    List<Place> places = new ArrayList<>();
    String mirror = mirrors.get(registry);
    if (mirror != null) {
      Place place = Place.mirror(mirror, false);
      places.add(new Place(place.host(), place.prefix(), place.insecure() || open(place.host())));
    }
    places.add(new Place(ImageName.host(registry), "", question.insecure() || open(registry)));
    return places;
  }

  /** As the builder and Docker have it, this machine's own registries need no TLS. */
  private boolean open(String host) {
    return insecure.contains(host) || host.matches("(localhost|127\\.[0-9.]+|\\[::1\\])(:[0-9]+)?");
  }
}
