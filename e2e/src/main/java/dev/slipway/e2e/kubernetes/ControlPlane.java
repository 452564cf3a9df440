package dev.slipway.e2e.kubernetes;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * etcd, kube-apiserver and kube-controller-manager, with RBAC, PodSecurity admission and an audit
 * log: what decides about objects on a user's cluster, without a node. It needs no privileges.
 */
public final class ControlPlane implements AutoCloseable {
  /** The minor release of the node, and of the control plane beside it. */
  public static final String CURRENT = "1.36";

  /** The release before. */
  public static final String PREVIOUS = "1.35";

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Assets assets;
  private final Path directory;
  private final Footprint footprint;
  private final Place place;
  private final Certificates certificates;
  private final Certificates.Pair serviceAccounts;
  private final List<Daemon> daemons = new ArrayList<>();
  private final Daemon apiServer;
  private final Daemon controllers;
  private final Path admin;

  /**
   * Where the API server listens.
   *
   * @param address an address of this machine
   * @param services the range of the addresses of Services; the first one is the API server's own
   * @param firstService that first address
   */
  record Place(String address, int port, String services, String firstService) {
    static Place loopback() throws IOException {
      return new Place("127.0.0.1", Ports.free(), "10.96.0.0/24", "10.96.0.1");
    }

    String url() {
      return "https://" + address + ":" + port;
    }
  }

  private ControlPlane(Assets assets, Path directory, Footprint footprint, Place place)
      throws IOException {
    this.assets = assets;
    this.directory = directory;
    this.footprint = footprint;
    this.place = place;
    this.certificates = Certificates.create(directory.resolve("certificates"));
    this.serviceAccounts = certificates.keys("service-accounts");
    this.admin = kubeconfig("admin", "admin", List.of("system:masters"));
    String etcd = "http://127.0.0.1:" + Ports.free();
    startEtcd(etcd);
    this.apiServer = startApiServer(etcd);
    // Before it has its own roles, the API server refuses the controllers, and they give up.
    awaitApi();
    this.controllers = startControllers();
  }

  /**
   * Starts the control plane of a release on the loopback address, and returns once it serves and
   * its controllers work. What an earlier one left in the directory is taken away first.
   *
   * @param minor one of {@link #CURRENT} and {@link #PREVIOUS}
   * @param directory for its data, logs and certificates
   */
  public static ControlPlane start(String minor, Path directory) throws IOException {
    Path state = fresh(directory);
    return start(Assets.controlPlane(minor), state, Footprint.in(state), Place.loopback());
  }

  static ControlPlane start(Assets assets, Path directory, Footprint footprint, Place place)
      throws IOException {
    try {
      ControlPlane started = new ControlPlane(assets, directory, footprint, place);
      started.awaitReady();
      return started;
    } catch (IOException | RuntimeException e) {
      footprint.undo();
      throw e;
    }
  }

  /** An existing directory without the remains of an earlier cluster. */
  static Path fresh(Path directory) throws IOException {
    Path state = directory.toAbsolutePath();
    Footprint.in(Files.createDirectories(state)).undo();
    Commands.run("find", state.toString(), "-xdev", "-mindepth", "1", "-delete");
    return state;
  }

  private Daemon start(String name, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(assets.program(name).toString()));
    command.addAll(arguments);
    Daemon daemon = Daemon.start(name, command, Map.of(), directory, footprint);
    daemons.add(daemon);
    return daemon;
  }

  private void startEtcd(String url) throws IOException {
    String peers = "http://127.0.0.1:" + Ports.free();
    start(
        "etcd",
        List.of(
            "--data-dir=" + directory.resolve("etcd"),
            "--listen-client-urls=" + url,
            "--advertise-client-urls=" + url,
            "--listen-peer-urls=" + peers,
            "--initial-advertise-peer-urls=" + peers,
            "--initial-cluster=default=" + peers,
            "--logger=zap",
            "--log-level=warn"));
  }

  private Daemon startApiServer(String etcd) throws IOException {
    Certificates.Pair server =
        certificates.server(
            "kube-apiserver",
            List.of(
                "IP:127.0.0.1",
                "IP:" + place.address(),
                "IP:" + place.firstService(),
                "DNS:localhost",
                "DNS:kubernetes.default.svc"));
    Certificates.Pair kubelets =
        certificates.client("kubelet-client", "kube-apiserver", List.of("system:masters"));
    Path authority = certificates.authority().certificate();
    Path policy =
        Files.writeString(
            directory.resolve("audit-policy.yaml"),
            """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
            - level: Metadata
            """);
    return start(
        "kube-apiserver",
        List.of(
            "--etcd-servers=" + etcd,
            "--bind-address=" + place.address(),
            "--advertise-address=" + place.address(),
            "--secure-port=" + place.port(),
            "--service-cluster-ip-range=" + place.services(),
            "--endpoint-reconciler-type=none",
            "--cert-dir=" + directory.resolve("certificates"),
            "--tls-cert-file=" + server.certificate(),
            "--tls-private-key-file=" + server.key(),
            "--client-ca-file=" + authority,
            "--kubelet-client-certificate=" + kubelets.certificate(),
            "--kubelet-client-key=" + kubelets.key(),
            "--kubelet-certificate-authority=" + authority,
            "--kubelet-preferred-address-types=Hostname",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=" + serviceAccounts.certificate(),
            "--service-account-signing-key-file=" + serviceAccounts.key(),
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=PodSecurity,NodeRestriction",
            "--allow-privileged=true",
            "--audit-policy-file=" + policy,
            "--audit-log-path=" + auditLog()));
  }

  private Daemon startControllers() throws IOException {
    Path config =
        kubeconfig("kube-controller-manager", "system:kube-controller-manager", List.of());
    return start(
        "kube-controller-manager",
        List.of(
            "--kubeconfig=" + config,
            "--secure-port=0",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            "--service-account-private-key-file=" + serviceAccounts.key(),
            "--root-ca-file=" + certificates.authority().certificate()));
  }

  /** A scheduler, which only a cluster with a node needs. */
  void startScheduler() throws IOException {
    Path config = kubeconfig("kube-scheduler", "system:kube-scheduler", List.of());
    start(
        "kube-scheduler",
        List.of("--kubeconfig=" + config, "--secure-port=0", "--leader-elect=false"));
  }

  private void awaitReady() throws IOException {
    // Pods are refused before their namespace has its service account.
    try (KubernetesClient client = client()) {
      controllers.await(
          "service accounts exist",
          PATIENCE,
          () -> client.serviceAccounts().inNamespace("default").withName("default").get() != null);
    }
  }

  private void awaitApi() throws IOException {
    try (KubernetesClient client = client()) {
      apiServer.await(
          "the API server is ready",
          PATIENCE,
          () -> {
            try {
              return "ok".equals(client.raw("/readyz")) && servesCustomResources(client);
            } catch (KubernetesClientException e) {
              return false;
            }
          });
    }
  }

  /**
   * Their storage is opened after the server calls itself ready; until then it answers 429, {@code
   * storage is (re)initializing}, to everything but a list with a limit and no selector, which it
   * reads from etcd. So the question is one that only an open storage answers.
   *
   * @throws KubernetesClientException if one cannot be listed yet
   */
  private static boolean servesCustomResources(KubernetesClient client) {
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .list()
        .getItems()
        .forEach(definition ->
            client
                .genericKubernetesResources(CustomResourceDefinitionContext.fromCrd(definition))
                .inAnyNamespace()
                .list(
                    new ListOptionsBuilder()
                        .withResourceVersion("0")
                        .withFieldSelector("metadata.name=none")
                        .build()));
    return true;
  }

  /** Ends the API server without notice, and starts it again; returns once it serves. */
  public void restartApiServer() throws IOException {
    apiServer.kill();
    apiServer.restart();
    awaitApi();
  }

  /** The kubeconfig file of a cluster administrator. */
  public Path kubeconfig() {
    return admin;
  }

  /** Writes a kubeconfig file for any user. */
  public Path kubeconfig(String file, String user, List<String> groups) throws IOException {
    return Kubeconfig.write(
        directory.resolve(file + ".kubeconfig"),
        place.url(),
        certificates.authority(),
        certificates.client(file, user, groups));
  }

  /** The configuration of a client that is a cluster administrator. */
  public Config clientConfig() {
    return configOf(admin);
  }

  static Config configOf(Path kubeconfig) {
    try {
      return new ConfigBuilder(Config.fromKubeconfig(Files.readString(kubeconfig)))
          // A test asserts what the server says, at once.
          .withRequestRetryBackoffLimit(0)
          .build();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** A new client of a cluster administrator; the caller closes it. */
  public KubernetesClient client() {
    return new KubernetesClientBuilder().withConfig(clientConfig()).build();
  }

  /** Every request that was answered, as lines of JSON ({@code audit.k8s.io/v1}, metadata). */
  public Path auditLog() {
    return directory.resolve("audit.log");
  }

  Certificates certificates() {
    return certificates;
  }

  /** The programs that are still running, to be asserted on. */
  public List<Daemon> daemons() {
    return List.copyOf(daemons);
  }

  /** Ends all programs; data and logs stay. */
  @Override
  public void close() throws IOException {
    List<String> left = footprint.undo();
    if (!left.isEmpty()) {
      throw new IOException(String.join("; ", left));
    }
  }
}
