package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The files of a node (kubelet, containerd, runc, CNI) and the process that all of it runs in. */
final class Node {
  /** So called, the API server finds the kubelet on the loopback address. */
  static final String NAME = "localhost";

  private final Assets assets;
  private final Path directory;
  private final Network network;
  private final String registry;

  Node(Assets assets, Path directory, Network network, String registry) {
    this.assets = assets;
    this.directory = directory;
    this.network = network;
    this.registry = registry;
  }

  /**
   * Starts the node; it registers itself.
   *
   * @param pause an image that sleeps, in the registry
   */
  Daemon start(ControlPlane controlPlane, Footprint footprint, String pause) throws IOException {
    String group = "slipway-" + network.number();
    footprint.controlGroup(group);
    for (Path hierarchy : hierarchies()) {
      Files.createDirectories(hierarchy.resolve(group));
    }
    Path certificates = directory.resolve("certificates");
    Certificates.Pair server =
        controlPlane
            .certificates()
            .server("kubelet-server", List.of("DNS:" + NAME, "IP:127.0.0.1"));
    controlPlane.kubeconfig("kubelet", "system:node:" + NAME, List.of("system:nodes"));
    Files.createDirectories(directory.resolve("cni"));
    Files.writeString(
        directory.resolve("cni/10-slipway.conflist"), network.cni(directory.resolve("addresses")));
    Path hosts = Files.createDirectories(directory.resolve("registries").resolve(registry));
    Files.writeString(
        hosts.resolve("hosts.toml"),
        "server = \"http://%1$s\"\n[host.\"http://%1$s\"]\ncapabilities = [\"pull\", \"resolve\"]\n"
            .formatted(registry));
    Files.writeString(directory.resolve("containerd.toml"), containerd(pause));
    Files.writeString(
        directory.resolve("kubelet.yaml"), kubelet(group, server, certificates.resolve("ca.crt")));
    Path script = directory.resolve("node.sh");
    Files.writeString(script, resource("node.sh"));
    return Daemon.start(
        "node",
        List.of(
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            script.toString(),
            directory.toString(),
            assets.program("containerd").toString(),
            assets.program("kubelet").toString(),
            NAME),
        // containerd looks for its shim along PATH.
        Map.of(
            "PATH",
            assets.program("containerd-shim-runc-v2").getParent()
                + ":/usr/sbin:/usr/bin:/sbin:/bin"),
        directory,
        footprint);
  }

  /** The root of every hierarchy of control groups that this machine has. */
  private static List<Path> hierarchies() throws IOException {
    try (var mounts = Files.lines(Path.of("/proc/self/mounts"))) {
      return mounts
          .map(line -> line.split(" ", -1))
          .filter(fields -> fields[2].equals("cgroup") || fields[2].equals("cgroup2"))
          .map(fields -> Path.of(fields[1]))
          .toList();
    }
  }

  private String containerd(String pause) throws IOException {
    return """
    version = 3
    root = '%1$s/containerd'
    state = '/run/containerd'
    # This machine's own limits may forbid what a daemon usually sets.
    oom_score = 0
    disabled_plugins = ['io.containerd.nri.v1.nri']

    [plugins.'io.containerd.internal.v1.opt']
      path = '%1$s/opt'
    [plugins.'io.containerd.cri.v1.images']
      [plugins.'io.containerd.cri.v1.images'.pinned_images]
        sandbox = '%2$s'
      [plugins.'io.containerd.cri.v1.images'.registry]
        config_path = '%1$s/registries'
    [plugins.'io.containerd.cri.v1.runtime']
      restrict_oom_score_adj = true
      netns_mounts_under_state_dir = true
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
        runtime_type = 'io.containerd.runc.v2'
        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
          BinaryName = '%3$s'
      [plugins.'io.containerd.cri.v1.runtime'.cni]
        bin_dirs = ['/usr/lib/cni', '/opt/cni/bin']
        conf_dir = '%1$s/cni'
    """
        .formatted(directory, pause, assets.program("runc"));
  }

  private String kubelet(String group, Certificates.Pair server, Path authority)
      throws IOException {
    return """
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    address: 127.0.0.1
    port: %d
    healthzPort: 0
    tlsCertFile: %s
    tlsPrivateKeyFile: %s
    authentication: {anonymous: {enabled: false}, x509: {clientCAFile: %s}}
    authorization: {mode: Webhook}
    containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
    cgroupDriver: cgroupfs
    cgroupRoot: /%s
    failCgroupV1: false
    failSwapOn: false
    enforceNodeAllocatable: []
    # The machine is shared with all else that runs here: nothing of that is the node's to judge.
    evictionHard: {}
    oomScoreAdj: 0
    imageGCHighThresholdPercent: 100
    serializeImagePulls: false
    # Chains of the firewall that nothing here uses.
    makeIPTablesUtilChains: false
    maxPods: 100
    # There is no DNS of the cluster: names are those of the machine's own.
    clusterDNS: [%7$s]
    clusterDomain: cluster.local
    podLogsDir: %6$s/pod-logs
    volumePluginDir: %6$s/volume-plugins
    """
        .formatted(
            Ports.free(),
            server.certificate(),
            server.key(),
            authority,
            group,
            directory,
            nameServer());
  }

  private static String nameServer() throws IOException {
    try (var lines = Files.lines(Path.of("/etc/resolv.conf"))) {
      return lines
          .map(line -> line.strip().split("\\s+", -1))
          .filter(words -> words.length == 2 && words[0].equals("nameserver"))
          .map(words -> words[1])
          .findFirst()
          .orElse("127.0.0.1");
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Node.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
