package dev.slipway.api;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * A container image that should exist: built from a Git repository, pushed to a registry. It is a
 * wish and not a run: it has a stable name, can be applied for ever, and builds again when what
 * goes into the image changes.
 */
@Group(ImageBuild.GROUP)
@Version(ImageBuild.VERSION)
@Kind("ImageBuild")
@Singular("imagebuild")
@Plural("imagebuilds")
@ShortNames("ib")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.reason",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Image",
    jsonPath = ".status.shortDigest",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Commit",
    jsonPath = ".status.source.shortCommit",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Duration",
    jsonPath = ".status.build.duration",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
public final class ImageBuild extends CustomResource<ImageBuildSpec, ImageBuildStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;

  public static final String GROUP = "slipway.dev";
  public static final String VERSION = "v1alpha1";

  /** Annotation that asks for a build: any value that differs from the last one. */
  public static final String REQUESTED_AT = "slipway.dev/requested-at";

  /** Annotation that cancels the active build: any value that differs from the last one. */
  public static final String CANCEL_REQUESTED_AT = "slipway.dev/cancel-requested-at";

  /** The place of the generated CustomResourceDefinition on the class path. */
  public static final String CRD_RESOURCE = "/dev/slipway/api/imagebuilds.slipway.dev.yaml";
}
