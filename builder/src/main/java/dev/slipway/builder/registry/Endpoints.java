package dev.slipway.builder.registry;

import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.network.Addresses;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Finds out how each registry is spoken to, once. TLS with a checked certificate is the rule. Hosts
 * that were declared insecure, and this machine's own, are asked which of plain HTTP and unchecked
 * TLS they speak. Thread-safe.
 */
final class Endpoints {

  private static final String DOCKER_HUB = "docker.io";
  private static final String DOCKER_HUB_HOST = "registry-1.docker.io";
  private static final int SMALL = 4096;

  private final RegistrySettings settings;
  private final Transport transport;
  private final Map<String, Endpoint> known = new ConcurrentHashMap<>();
  private final Map<String, Semaphore> downloads = new ConcurrentHashMap<>();
  private final Map<String, Semaphore> uploads = new ConcurrentHashMap<>();

  Endpoints(RegistrySettings settings, Transport transport) {
    this.settings = settings;
    this.transport = transport;
  }

  /** The registry itself. */
  Endpoint origin(String action, String registry) {
    return endpoint(action, registry, "", registry, "");
  }

  /** How many ways there are to read from a registry: its mirrors, and itself as the last one. */
  int sources(String registry) {
    return mirrors(registry).size() + 1;
  }

  /** The way number {@code index} to read from a registry. */
  Endpoint source(String action, String registry, int index) {
    List<Mirror> mirrors = mirrors(registry);
    if (index == mirrors.size()) {
      return origin(action, registry);
    }
    Mirror mirror = mirrors.get(index);
    return endpoint(
        action, mirror.host(), mirror.scheme(), mirror.host(), mirror.repositoryPrefix());
  }

  /**
   * The names that {@code repository} has on the host of {@code target}: its own where that is its
   * registry, else the one that a mirror of its registry has for it there.
   *
   * @param targetRegistry the name of the registry that {@code target} is
   */
  List<String> namesOn(Endpoint target, String targetRegistry, ImageReference repository) {
    List<String> names = new ArrayList<>();
    if (repository.registry().equals(targetRegistry)) {
      names.add(target.repository(repository.repository()));
    }
    for (Mirror mirror : mirrors(repository.registry())) {
      if (mirror.host().equals(target.authority())) {
        names.add(mirror.repositoryPrefix() + repository.repository());
      }
    }
    return names;
  }

  /**
   * Limits downloads from a host. Downloads and uploads are counted apart, and an upload may wait
   * for the download that feeds it but never the other way round; so no circle of waiting forms.
   */
  Semaphore downloads(Endpoint endpoint) {
    return limit(downloads, endpoint);
  }

  Semaphore uploads(Endpoint endpoint) {
    return limit(uploads, endpoint);
  }

  private Semaphore limit(Map<String, Semaphore> all, Endpoint endpoint) {
    return all.computeIfAbsent(
        endpoint.authority(), _ -> new Semaphore(settings.transfersPerHost()));
  }

  private List<Mirror> mirrors(String registry) {
    List<Mirror> all = new ArrayList<>();
    for (Mirror mirror : settings.mirrors()) {
      if (mirror.registry().equals(registry)) {
        all.add(mirror);
      }
    }
    return all;
  }

  private Endpoint endpoint(
      String action, String name, String scheme, String authority, String prefix) {
    String key = scheme + " " + authority + " " + prefix;
    Endpoint endpoint = known.get(key);
    if (endpoint == null) {
      // Two threads may both ask; they learn the same.
      endpoint = find(action, name, scheme, authority, prefix);
      known.put(key, endpoint);
    }
    return endpoint;
  }

  private Endpoint find(
      String action, String name, String scheme, String authority, String prefix) {
    String host = authority.equals(DOCKER_HUB) ? DOCKER_HUB_HOST : authority;
    URI https = URI.create("https://" + host);
    URI http = URI.create("http://" + host);
    if (scheme.equals("http") || settings.insecure().contains("http://" + authority)) {
      return new Endpoint(name, http, prefix, false, true);
    }
    boolean local = Addresses.isLoopback(Endpoint.bareHost(https).toLowerCase(Locale.ROOT));
    boolean insecure =
        settings.insecure().contains(authority)
            || settings.insecure().contains("https://" + authority);
    if (scheme.equals("https") || settings.insecure().contains("https://" + authority)) {
      return new Endpoint(name, https, prefix, !insecure && !local, false);
    }
    if (!insecure && !local) {
      return new Endpoint(name, https, prefix, true, false);
    }
    Endpoint plain = new Endpoint(name, http, prefix, false, true);
    Endpoint unchecked = new Endpoint(name, https, prefix, false, true);
    return transport.run(
        action,
        local ? plain : unchecked,
        () -> local ? firstThatAnswers(plain, unchecked) : firstThatAnswers(unchecked, plain));
  }

  private Endpoint firstThatAnswers(Endpoint one, Endpoint other) throws IOException {
    IOException first = probe(one);
    if (first instanceof EOFException) {
      // A server that hangs up may only be busy; asking it for TLS then would cost a timeout.
      first = probe(one);
    }
    if (first == null) {
      return one;
    }
    RetryPolicy.checkCancelled("asking " + one.authority(), first);
    boolean samePort = Endpoint.port(one.base()) == Endpoint.port(other.base());
    if (first instanceof ConnectException && samePort) {
      throw first;
    }
    IOException second = probe(other);
    if (second == null) {
      return other;
    }
    first.addSuppressed(second);
    throw first;
  }

  private @Nullable IOException probe(Endpoint endpoint) {
    Duration timeout = settings.connectTimeout();
    try (Response response = transport.exchange(endpoint, Request.get(endpoint.uri("")), timeout)) {
      // TLS servers of Go and nginx say this in plain HTTP; no other 400 matters here.
      String body = new String(response.body().readNBytes(SMALL), StandardCharsets.UTF_8);
      return response.status() == 400 && body.contains("HTTPS")
          ? new IOException("it speaks HTTPS only")
          : null;
    } catch (IOException e) {
      return e;
    }
  }
}
