package dev.slipway.operator.imagebuild;

import dev.slipway.api.ImageBuild;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.EventHandler;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import java.util.Set;

/** Answers of the operator's own helpers enter the reconcile loop here, as events. */
final class Wakeups extends AbstractEventSource<Void, ImageBuild>
    implements ResourceEventAware<ImageBuild> {

  Wakeups() {
    super(Void.class, "wakeups");
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
