package dev.slipway.operator.imagebuild;

import dev.slipway.api.ImageBuild;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.EventHandler;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import java.util.Set;
import java.util.function.Consumer;

/** Answers of the operator's own helpers enter the reconcile loop here, as events. */
final class Wakeups extends AbstractEventSource<Void, ImageBuild>
    implements ResourceEventAware<ImageBuild> {

  private final Consumer<ResourceID> gone;

  /**
   * @param gone called when an ImageBuild no longer exists
   */
  Wakeups(Consumer<ResourceID> gone) {
    super(Void.class, "wakeups");
    this.gone = gone;
  }

  @Override
  public void onResourceDeleted(ImageBuild build) {
    gone.accept(ResourceID.fromResource(build));
  }

  void wake(ResourceID id) {
    EventHandler handler = getEventHandler();
    if (handler != null && isRunning()) {
      handler.handleEvent(new Event(id));
    }
  }

  @Override
  public Set<Void> getSecondaryResources(ImageBuild primary) {
    return Set.of();
  }
}
