package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.Scope;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.image.History;
import dev.slipway.builder.image.ImageConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * A stage after some of its instructions. Immutable.
 *
 * @param layers bottom first; as many as {@code image} has diff IDs
 * @param image the config of the image that this state is
 * @param cmdSet whether this Dockerfile has set CMD in this stage
 * @param inherited how many of {@code layers} come from what the stage is based on
 */
record StageState(
    List<Layer> layers, ImageConfig image, Scope scope, boolean cmdSet, int inherited) {

  StageState {
    layers = List.copyOf(layers);
  }

  ContainerConfig config() {
    return image.config();
  }

  StageState withScope(Scope value) {
    return new StageState(layers, image, value, cmdSet, inherited);
  }

  StageState withConfig(ContainerConfig value) {
    return withImage(image.withConfig(value));
  }

  StageState withAuthor(String value) {
    return withImage(image.withAuthor(value));
  }

  StageState withCmdSet() {
    return new StageState(layers, image, scope, true, inherited);
  }

  /** One more step that changed no file. */
  StageState plus(History line) {
    return withImage(image.plus(line));
  }

  /** One more layer. */
  StageState plus(Layer layer, History line) {
    List<Layer> more = new ArrayList<>(layers);
    more.add(layer);
    return new StageState(more, image.plus(layer.diffId(), line), scope, cmdSet, inherited);
  }

  private StageState withImage(ImageConfig value) {
    return new StageState(layers, value, scope, cmdSet, inherited);
  }

  /**
   * Names the files of this state: the diff IDs of its layers, bottom first. Equal for equal files,
   * however they came to be.
   */
  List<String> filesKey() {
    return layers.stream().map(layer -> layer.diffId().toString()).toList();
  }
}
