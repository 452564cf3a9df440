package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code docker history}.
 *
 * @param created null where the builder did not say
 * @param createdBy the instruction, as the builder chose to write it
 * @param author empty for none
 * @param comment empty for none; BuildKit writes {@code buildkit.dockerfile.v0}
 * @param emptyLayer whether the step changed metadata only, so that no layer belongs to it
 */
public record History(
    @Nullable Instant created,
    String createdBy,
    String author,
    String comment,
    boolean emptyLayer) {

  static History fromJson(String subject, ObjectNode node) {
    String created = Json.text(subject, node, "created");
    return new History(
        created.isEmpty() ? null : GoTime.parse(subject, created),
        Json.text(subject, node, "created_by"),
        Json.text(subject, node, "author"),
        Json.text(subject, node, "comment"),
        Json.flag(subject, node, "empty_layer"));
  }

  ObjectNode toJson() {
    ObjectNode node = Json.object();
    if (created != null) {
      node.put("created", GoTime.format(created));
    }
    Json.put(node, "created_by", createdBy);
    Json.put(node, "author", author);
    Json.put(node, "comment", comment);
    if (emptyLayer) {
      node.put("empty_layer", true);
    }
    return node;
  }
}
