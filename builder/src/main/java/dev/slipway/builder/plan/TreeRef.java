package dev.slipway.builder.plan;

/** A tree of files that an instruction reads. */
public sealed interface TreeRef {

  /** The build context. */
  record MainContext() implements TreeRef {}

  /** The root file system of a stage. */
  record OfStage(int index) implements TreeRef {}

  /** A named context ({@code --build-context}). */
  record NamedContext(String name) implements TreeRef {}

  /** The root file system of an image. */
  record OfImage(String reference) implements TreeRef {}

  /** Nothing: {@code FROM scratch}. */
  record Empty() implements TreeRef {}
}
