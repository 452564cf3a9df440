package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends requests to registries: authenticates, follows redirects of reads, and tries again what may
 * succeed then. Thread-safe.
 */
final class Transport implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Transport.class);
  private static final int MAX_REDIRECTS = 5;
  private static final int MAX_CHALLENGES = 2;

  /** So many times the attempts of the policy may end in broken connections if some parts work. */
  private static final int MOST_BROKEN = 4;

  private final ConnectionPool pool;
  private final Authenticator authenticator;
  private final RetryPolicy retries;
  private final Duration answerTimeout;

  Transport(RegistrySettings settings) {
    this.pool =
        new ConnectionPool(
            new Dialer(
                settings.proxies(),
                new Tls(settings.caBundles()),
                settings.connectTimeout(),
                settings.userAgent()));
    this.authenticator =
        new Authenticator(
            settings.credentials(),
            settings.tokenHosts(),
            (endpoint, request) -> exchange(endpoint, request, settings.answerTimeout()));
    this.retries = settings.retries();
    this.answerTimeout = settings.answerTimeout();
  }

  /** One try of something; what it throws decides whether there is another. */
  interface Attempt<T> {
    T run() throws IOException;

    /** Grows with each part that is done, for attempts of several requests. */
    default long progress() {
      return 0;
    }
  }

  RetryPolicy retries() {
    return retries;
  }

  /**
   * Runs {@code attempt} until it succeeds, fails for good, or the policy ends it.
   *
   * @param action for messages: {@code pulling debian:12}
   * @throws BuildException of the last failure
   */
  <T> T run(String action, Endpoint endpoint, RetryPolicy policy, Attempt<T> attempt) {
    int broken = 0;
    long reached = 0;
    for (int next = 2; ; next++) {
      try {
        return attempt.run();
      } catch (StatusException e) {
        if (!RetryPolicy.isRetryable(e.status()) || !policy.await(next, e.retryAfter(), action)) {
          throw e.failure();
        }
        LOG.debug("{}: attempt {} after status {}", action, next, e.status());
      } catch (IOException e) {
        RetryPolicy.checkCancelled(action, e);
        // On a network that cuts connections an attempt of three requests rarely gets through as a
        // whole; what counts is that it got further than before.
        if (attempt.progress() > reached && ++broken < MOST_BROKEN * policy.attempts()) {
          reached = attempt.progress();
          next = 2;
        }
        if (!RetryPolicy.isRetryable(e)
            || next > policy.attempts(e)
            || !policy.await(next, Duration.ZERO, action)) {
          throw Refusal.unreachable(action, endpoint, e);
        }
        LOG.debug("{}: attempt {} after {}", action, next, e.toString());
      }
    }
  }

  <T> T run(String action, Endpoint endpoint, Attempt<T> attempt) {
    return run(action, endpoint, retries, attempt);
  }

  /** Sends a request once, apart from authentication and redirects. Any status is an answer. */
  Response send(Endpoint endpoint, Request request, Scope scope) throws IOException {
    return send(endpoint, request, scope, answerTimeout);
  }

  /** As {@link #send}, for requests after which a registry has much to do. */
  Response sendSlow(Endpoint endpoint, Request request, Scope scope) throws IOException {
    return send(endpoint, request, scope, slow(answerTimeout));
  }

  /** Not {@code multipliedBy}: it takes a BigDecimal, of which the first takes 30 ms. */
  static Duration slow(Duration timeout) {
    return Duration.ofMillis(10 * timeout.toMillis());
  }

  private Response send(Endpoint endpoint, Request request, Scope scope, Duration timeout)
      throws IOException {
    Request current = request;
    int challenges = 0;
    for (int redirects = 0; ; ) {
      // Only the registry itself ever sees what was meant for it.
      boolean home = endpoint.sameOrigin(current.uri());
      String authorization =
          home ? authenticator.authorization(endpoint, scope).orElse(null) : null;
      Request authorized =
          authorization == null ? current : current.with("Authorization", authorization);
      Response response = exchange(endpoint, authorized, timeout);
      if (response.status() == 401
          && home
          && challenges++ < MAX_CHALLENGES
          && authenticator.learn(endpoint, scope, response, authorization)) {
        response.close();
        continue;
      }
      if (!isRedirect(response.status()) || !current.isRead()) {
        return response;
      }
      response.close();
      if (++redirects > MAX_REDIRECTS) {
        throw new ProtocolException("it redirects more than " + MAX_REDIRECTS + " times");
      }
      current = current.to(location(endpoint, current.uri(), response));
    }
  }

  /** The place named by the {@code Location} header of an answer to {@code from}. */
  static URI location(Endpoint endpoint, URI from, Response response) throws IOException {
    String location =
        response
            .headers()
            .first("Location")
            .orElseThrow(() -> new ProtocolException("its answer lacks the Location header"));
    return Targets.location(endpoint, from, location);
  }

  boolean hasLogin(Endpoint endpoint, Scope scope) {
    return authenticator.hasLogin(endpoint, scope);
  }

  /** The failure for an answer that was not hoped for; closes it. */
  StatusException refusal(String action, Endpoint endpoint, Scope scope, Response response) {
    return Refusal.of(action, endpoint, response, hasLogin(endpoint, scope));
  }

  /** Leases a connection for a request whose body is written bit by bit. */
  HttpConnection open(Endpoint endpoint, URI uri) throws IOException {
    return pool.lease(uri, verifies(endpoint, uri), endpoint.allowedAddresses(uri), true);
  }

  /** The header to send with a request that is made on an own connection, or null. */
  @Nullable String authorization(Endpoint endpoint, URI uri, Scope scope) throws IOException {
    return endpoint.sameOrigin(uri)
        ? authenticator.authorization(endpoint, scope).orElse(null)
        : null;
  }

  /** Sends one request and nothing else: no authentication, no redirects. */
  Response exchange(Endpoint endpoint, Request request, Duration timeout) throws IOException {
    HttpConnection connection = lease(endpoint, request.uri(), false);
    boolean used = connection.used();
    try {
      return exchange(connection, request, timeout);
    } catch (IOException e) {
      // The server may have closed a connection just as we took it up again: that tells nothing
      // about the request, so it does not count as an attempt. But bytes sent twice to the same
      // upload would be appended, so PUT and PATCH are for the caller to repeat.
      boolean repeatable = !request.method().equals("PUT") && !request.method().equals("PATCH");
      if (!used || !repeatable || Thread.currentThread().isInterrupted()) {
        throw e;
      }
    }
    return exchange(lease(endpoint, request.uri(), true), request, timeout);
  }

  private static Response exchange(HttpConnection connection, Request request, Duration timeout)
      throws IOException {
    try {
      return connection.exchange(request, timeout);
    } catch (IOException | RuntimeException e) {
      connection.release(false);
      throw e;
    }
  }

  private HttpConnection lease(Endpoint endpoint, URI uri, boolean fresh) throws IOException {
    return pool.lease(uri, verifies(endpoint, uri), endpoint.allowedAddresses(uri), fresh);
  }

  /** A host is insecure only where the user said so; those it redirects to are not. */
  private static boolean verifies(Endpoint endpoint, URI uri) {
    return endpoint.verify()
        || !Endpoint.bareHost(endpoint.base()).equalsIgnoreCase(Endpoint.bareHost(uri));
  }

  private static boolean isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  @Override
  public void close() {
    pool.close();
  }
}
