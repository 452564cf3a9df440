package dev.slipway.operator.pod;

import dev.slipway.api.CaBundleKind;
import dev.slipway.api.CaBundleReference;
import dev.slipway.api.GitSource;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.KeyReference;
import dev.slipway.api.LocalReference;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.VolumeProjectionBuilder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The volumes of a builder pod, and where its container has them. */
record Mounts(List<Volume> volumes, List<VolumeMount> mounts) {
  /** Annotation of the pod with the Dockerfile of {@code spec.dockerfileInline}. */
  static final String DOCKERFILE = "slipway.dev/dockerfile";

  /** ssh refuses keys that others can read; the builder alone needs them. */
  private static final int OWNER_ONLY = 0400;

  static Mounts of(ImageBuildSpec spec, PodSettings settings) {
    Mounts mounts = new Mounts(new ArrayList<>(), new ArrayList<>());
    Volume store = settings.store();
    mounts.add(
        store == null ? emptyDir("store") : new VolumeBuilder(store).withName("store").build(),
        BuilderCommand.STORE,
        false);
    mounts.add(emptyDir("tmp"), "/tmp", false);
    mounts.source(spec);
    LocalReference push = spec.output().pushSecretRef();
    if (push != null) {
      mounts.add(
          secret("docker-config", push.name(), ".dockerconfigjson", "config.json"),
          BuilderCommand.DOCKER_CONFIG,
          true);
    }
    CaBundleReference registryCa = spec.output().caBundleRef();
    if (registryCa != null) {
      mounts.add(
          projected("registry-ca", List.of(certificates(registryCa))),
          BuilderCommand.REGISTRY_CA,
          true);
    }
    for (int i = 0; i < spec.secrets().size(); i++) {
      KeyReference ref = spec.secrets().get(i).secretRef();
      mounts.add(
          secret("secret-" + i, ref.name(), ref.key(), "value"), BuilderCommand.secret(i), true);
    }
    for (int i = 0; i < spec.ssh().size(); i++) {
      KeyReference ref = spec.ssh().get(i).secretRef();
      mounts.add(secret("ssh-" + i, ref.name(), ref.key(), "key"), BuilderCommand.ssh(i), true);
    }
    return mounts;
  }

  /** What context and Dockerfile come from. */
  private void source(ImageBuildSpec spec) {
    GitSource git = spec.git();
    if (git == null) {
      add(emptyDir("context"), BuilderCommand.EMPTY_CONTEXT, false);
    } else if (git.caBundleRef() != null) {
      List<VolumeProjection> sources = new ArrayList<>();
      if (git.secretRef() != null) {
        sources.add(
            new VolumeProjectionBuilder()
                .withNewSecret()
                .withName(git.secretRef().name())
                .endSecret()
                .build());
      }
      sources.add(certificates(git.caBundleRef()));
      add(projected("git-credentials", sources), BuilderCommand.GIT_CREDENTIALS, true);
    } else if (git.secretRef() != null) {
      add(
          secret("git-credentials", git.secretRef().name(), null, null),
          BuilderCommand.GIT_CREDENTIALS,
          true);
    }
    if (spec.dockerfileInline() != null) {
      add(
          new VolumeBuilder()
              .withName("dockerfile")
              .withNewDownwardAPI()
              .addNewItem()
              .withPath("Dockerfile")
              .withNewFieldRef(null, "metadata.annotations['" + DOCKERFILE + "']")
              .endItem()
              .endDownwardAPI()
              .build(),
          BuilderCommand.DOCKERFILE,
          true);
    }
  }

  private void add(Volume volume, String path, boolean readOnly) {
    volumes.add(volume);
    mounts.add(
        new VolumeMountBuilder()
            .withName(volume.getName())
            .withMountPath(path)
            .withReadOnly(readOnly ? true : null)
            .build());
  }

  private static Volume emptyDir(String name) {
    return new VolumeBuilder().withName(name).withNewEmptyDir().endEmptyDir().build();
  }

  private static Volume secret(
      String volume, String secret, @Nullable String key, @Nullable String file) {
    var source =
        new VolumeBuilder()
            .withName(volume)
            .withNewSecret()
            .withSecretName(secret)
            .withDefaultMode(OWNER_ONLY);
    if (key != null) {
      source = source.addNewItem(key, null, file);
    }
    return source.endSecret().build();
  }

  private static Volume projected(String volume, List<VolumeProjection> sources) {
    return new VolumeBuilder()
        .withName(volume)
        .withNewProjected()
        .withDefaultMode(OWNER_ONLY)
        .withSources(sources)
        .endProjected()
        .build();
  }

  private static VolumeProjection certificates(CaBundleReference bundle) {
    KeyToPath item = new KeyToPath(bundle.key(), null, "ca.crt");
    return bundle.kind() == CaBundleKind.SECRET
        ? new VolumeProjectionBuilder()
            .withNewSecret()
            .withName(bundle.name())
            .withItems(item)
            .endSecret()
            .build()
        : new VolumeProjectionBuilder()
            .withNewConfigMap()
            .withName(bundle.name())
            .withItems(item)
            .endConfigMap()
            .build();
  }
}
