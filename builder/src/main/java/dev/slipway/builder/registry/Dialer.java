package dev.slipway.builder.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** Opens connections: straight or through a proxy, plain or with TLS. */
final class Dialer {

  private final ProxySettings proxies;
  private final Tls tls;
  private final Duration timeout;
  private final String userAgent;

  Dialer(ProxySettings proxies, Tls tls, Duration timeout, String userAgent) {
    this.proxies = proxies;
    this.tls = tls;
    this.timeout = timeout;
    this.userAgent = userAgent;
  }

  /**
   * Connects to the host of {@code uri}.
   *
   * @param verify whether its certificate is checked
   * @param allowed asked about the address that is really connected to, so that a name that
   *     resolves to something else the second time gains nothing
   */
  HttpConnection dial(URI uri, boolean verify, Predicate<InetAddress> allowed) throws IOException {
    boolean secure = "https".equals(uri.getScheme());
    Optional<URI> proxy = proxies.proxyFor(uri);
    Socket socket =
        proxy.isPresent() ? connect(proxy.get(), address -> true) : connect(uri, allowed);
    try {
      Map<String, String> headers = new LinkedHashMap<>();
      headers.put("User-Agent", userAgent);
      // A blob is named by the bytes as they are stored; a helpful gzip on the way would break it.
      headers.put("Accept-Encoding", "identity");
      if (proxy.isPresent()) {
        if ("https".equals(proxy.get().getScheme())) {
          socket = secure(socket, proxy.get(), true);
        }
        Optional<String> login = proxyLogin(proxy.get());
        if (secure) {
          tunnel(socket, uri, login);
        } else {
          login.ifPresent(value -> headers.put("Proxy-Authorization", value));
        }
      }
      if (secure) {
        socket = secure(socket, uri, verify);
      }
      return new HttpConnection(socket, proxy.isPresent() && !secure, headers);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private Socket connect(URI uri, Predicate<InetAddress> allowed) throws IOException {
    String host = Endpoint.bareHost(uri);
    InetAddress[] addresses;
    try {
      addresses = resolve(host);
    } catch (UnknownHostException e) {
      throw new UnknownHostException("no address is known for " + host);
    }
    IOException failure = null;
    for (InetAddress address : addresses) {
      if (!allowed.test(address)) {
        throw new UnsafeTargetException(
            host + " is " + address.getHostAddress() + ", where a registry may not send us");
      }
      try {
        return open(new InetSocketAddress(address, Endpoint.port(uri)));
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
        if (Thread.currentThread().isInterrupted()) {
          break;
        }
      }
    }
    throw failure != null ? failure : new UnknownHostException("no address is known for " + host);
  }

  /** Without a look into all jars for another resolver than the JDK's. */
  private static InetAddress[] resolve(String host) throws UnknownHostException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
    try {
      return InetAddress.getAllByName(host);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private Socket open(InetSocketAddress address) throws IOException {
    // A channel and not a plain socket: an interrupt then ends any blocking call on it.
    SocketChannel channel = SocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      channel.socket().connect(address, (int) timeout.toMillis());
      return channel.socket();
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private SSLSocket secure(Socket socket, URI uri, boolean verify) throws IOException {
    String host = Endpoint.bareHost(uri);
    SSLSocket secure =
        (SSLSocket) tls.factory(verify).createSocket(socket, host, Endpoint.port(uri), true);
    if (verify) {
      SSLParameters parameters = secure.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      secure.setSSLParameters(parameters);
    }
    secure.setSoTimeout((int) timeout.toMillis());
    secure.startHandshake();
    return secure;
  }

  private void tunnel(Socket socket, URI uri, Optional<String> login) throws IOException {
    String target = uri.getHost() + ":" + Endpoint.port(uri);
    StringBuilder head = new StringBuilder();
    head.append("CONNECT ").append(target).append(" HTTP/1.1\r\nHost: ").append(target);
    head.append("\r\nUser-Agent: ").append(userAgent).append("\r\n");
    login.ifPresent(value -> head.append("Proxy-Authorization: ").append(value).append("\r\n"));
    head.append("\r\n");
    socket.setSoTimeout((int) timeout.toMillis());
    socket.getOutputStream().write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
    // Unbuffered, because what follows the empty line belongs to TLS.
    String status = MessageBody.readLine(socket.getInputStream(), 8192);
    for (int i = 0; !MessageBody.readLine(socket.getInputStream(), 8192).isEmpty(); i++) {
      if (i > 100) {
        throw new ProtocolException("the proxy answers with too many headers");
      }
    }
    if (!status.startsWith("HTTP/1.") || !status.contains(" 200")) {
      throw new IOException("the proxy refused a tunnel to " + target + ": " + status);
    }
  }

  private static Optional<String> proxyLogin(URI proxy) {
    String userInfo = proxy.getUserInfo();
    return userInfo == null
        ? Optional.empty()
        : Optional.of(
            "Basic "
                + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8)));
  }
}
