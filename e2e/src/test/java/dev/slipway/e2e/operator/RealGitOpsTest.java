package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** On a real API server. */
@Tag("cluster")
final class RealGitOpsTest extends GitOps {
  @Override
  Api api(Path directory) throws IOException {
    return Api.real(directory);
  }

  @Override
  void owners(List<ManagedFieldsEntry> entries) {
    assertThat(entries)
        .filteredOn(f -> owns(f, "f:spec"))
        .extracting("manager")
        .containsExactly("flux");
    assertThat(entries)
        .filteredOn(f -> owns(f, "f:status"))
        .extracting("manager")
        .isNotEmpty()
        .doesNotContain("flux");
  }

  private static boolean owns(ManagedFieldsEntry entry, String field) {
    return Serialization.asJson(entry.getFieldsV1()).contains("\"" + field + "\"");
  }
}
