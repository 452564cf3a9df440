package dev.slipway.e2e.cluster.node;

import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The volumes of a pod as directories of this machine: emptyDir, secret, configMap, projected,
 * downwardAPI, hostPath, and persistentVolumeClaim as a directory a claim.
 *
 * <p>Not modelled: updates of what was projected, size limits, fsGroup, service account tokens,
 * storage classes, and every other kind of volume, which is refused by name.
 */
final class Volumes {
  private static final int STANDARD_MODE = 0644;

  private final KubernetesClient client;
  private final Pod pod;
  private final Environment data;
  private final Path directory;
  private final Path claims;

  /**
   * @param directory the volumes of this pod go below it
   * @param claims persistent volumes are below it
   */
  Volumes(KubernetesClient client, Pod pod, Path directory, Path claims) {
    this.client = client;
    this.pod = pod;
    this.directory = directory;
    this.claims = claims;
    data = new Environment(client, pod);
  }

  /** A volume on disk. */
  record Mounted(Path path, boolean readOnly) {}

  /**
   * Makes all volumes; may be called again after a failure.
   *
   * @return by name
   */
  Map<String, Mounted> mount() throws ConfigException, IOException {
    Map<String, Mounted> mounted = new HashMap<>();
    for (Volume volume : pod.getSpec().getVolumes()) {
      try {
        mounted.put(volume.getName(), mount(volume));
      } catch (ConfigException e) {
        throw new ConfigException(
            "ContainerCreating",
            "MountVolume.SetUp failed for volume \"%s\" : %s"
                .formatted(volume.getName(), e.text()));
      }
    }
    return mounted;
  }

  private Mounted mount(Volume volume) throws ConfigException, IOException {
    Path own = directory.resolve(volume.getName());
    if (volume.getHostPath() != null) {
      return new Mounted(Path.of(volume.getHostPath().getPath()), false);
    }
    if (volume.getPersistentVolumeClaim() != null) {
      return claim(volume.getPersistentVolumeClaim().getClaimName());
    }
    Files.createDirectories(own);
    if (volume.getEmptyDir() != null) {
      Files.setPosixFilePermissions(own, permissions(0777));
      return new Mounted(own, false);
    }
    if (volume.getSecret() != null) {
      boolean optional = Environment.isTrue(volume.getSecret().getOptional());
      Map<String, byte[]> files = data.secret(volume.getSecret().getSecretName(), optional);
      int mode = mode(volume.getSecret().getDefaultMode(), STANDARD_MODE);
      write(own, files, volume.getSecret().getItems(), mode);
    } else if (volume.getConfigMap() != null) {
      boolean optional = Environment.isTrue(volume.getConfigMap().getOptional());
      Map<String, byte[]> files = data.configMap(volume.getConfigMap().getName(), optional);
      int mode = mode(volume.getConfigMap().getDefaultMode(), STANDARD_MODE);
      write(own, files, volume.getConfigMap().getItems(), mode);
    } else if (volume.getDownwardAPI() != null) {
      int mode = mode(volume.getDownwardAPI().getDefaultMode(), STANDARD_MODE);
      fields(own, volume.getDownwardAPI().getItems(), mode);
    } else if (volume.getProjected() != null) {
      int mode = mode(volume.getProjected().getDefaultMode(), STANDARD_MODE);
      for (VolumeProjection source : volume.getProjected().getSources()) {
        project(own, source, mode);
      }
    } else {
      throw new ConfigException("FailedMount", "this kind of volume is not known here");
    }
    return new Mounted(own, true);
  }

  private Mounted claim(String name) throws ConfigException, IOException {
    String namespace = pod.getMetadata().getNamespace();
    if (client.persistentVolumeClaims().inNamespace(namespace).withName(name).get() == null) {
      throw new ConfigException("FailedMount", "persistentvolumeclaim \"" + name + "\" not found");
    }
    return new Mounted(Files.createDirectories(claims.resolve(namespace).resolve(name)), false);
  }

  private void project(Path own, VolumeProjection source, int mode)
      throws ConfigException, IOException {
    if (source.getSecret() != null) {
      boolean optional = Environment.isTrue(source.getSecret().getOptional());
      Map<String, byte[]> files = data.secret(source.getSecret().getName(), optional);
      write(own, files, source.getSecret().getItems(), mode);
    } else if (source.getConfigMap() != null) {
      boolean optional = Environment.isTrue(source.getConfigMap().getOptional());
      Map<String, byte[]> files = data.configMap(source.getConfigMap().getName(), optional);
      write(own, files, source.getConfigMap().getItems(), mode);
    } else if (source.getDownwardAPI() != null) {
      fields(own, source.getDownwardAPI().getItems(), mode);
    } else {
      throw new ConfigException("FailedMount", "this kind of projection is not known here");
    }
  }

  private void fields(Path own, List<DownwardAPIVolumeFile> items, int mode)
      throws ConfigException, IOException {
    for (DownwardAPIVolumeFile item : items) {
      if (item.getFieldRef() == null) {
        throw new ConfigException("FailedMount", "resourceFieldRef is not known here");
      }
      String value = PodFields.of(pod, item.getFieldRef().getFieldPath());
      write(
          own, item.getPath(), value.getBytes(StandardCharsets.UTF_8), mode(item.getMode(), mode));
    }
  }

  private static void write(
      Path own, Map<String, byte[]> files, @Nullable List<KeyToPath> items, int mode)
      throws ConfigException, IOException {
    if (items == null || items.isEmpty()) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        write(own, file.getKey(), file.getValue(), mode);
      }
      return;
    }
    for (KeyToPath item : items) {
      byte[] content = files.get(item.getKey());
      if (content == null) {
        throw new ConfigException("FailedMount", "references non-existent key: " + item.getKey());
      }
      write(own, item.getPath(), content, mode(item.getMode(), mode));
    }
  }

  private static void write(Path own, String name, byte[] content, int mode)
      throws ConfigException, IOException {
    Path file = own.resolve(name).normalize();
    if (!file.startsWith(own) || name.startsWith("/")) {
      throw new ConfigException("FailedMount", "a path leaves the volume: " + name);
    }
    Files.createDirectories(file.getParent());
    Files.deleteIfExists(file);
    Files.createFile(file); // closed to others by its mode before it has content
    Files.setPosixFilePermissions(file, permissions(0600));
    Files.write(file, content);
    Files.setPosixFilePermissions(file, permissions(mode));
  }

  private static int mode(@Nullable Integer wanted, int standard) {
    return wanted == null ? standard : wanted;
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all =
        PosixFilePermission.values(); // owner read first, others execute last
    for (int i = 0; i < all.length; i++) {
      if ((mode & (0400 >> i)) != 0) {
        set.add(all[i]);
      }
    }
    return set;
  }

  /** Where a container has a volume, or the part of it that it asks for. */
  static RootPlan.Bind bind(
      VolumeMount mount, Map<String, Mounted> volumes, Map<String, String> env) throws IOException {
    Mounted volume = volumes.get(mount.getName());
    if (volume == null) {
      throw new IOException("the pod has no volume " + mount.getName());
    }
    Path source = volume.path();
    String below =
        mount.getSubPathExpr() == null
            ? mount.getSubPath()
            : PodFields.expand(mount.getSubPathExpr(), env);
    if (below != null && !below.isEmpty()) {
      source = source.resolve(below).normalize();
      if (!source.startsWith(volume.path())) {
        throw new IOException("the subPath leaves its volume: " + below);
      }
      if (!Files.exists(source)) {
        Files.createDirectories(source);
      }
    }
    boolean readOnly = volume.readOnly() || Environment.isTrue(mount.getReadOnly());
    return new RootPlan.Bind(source, Path.of(mount.getMountPath()), readOnly);
  }
}
