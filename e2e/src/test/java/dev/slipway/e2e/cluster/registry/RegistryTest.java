package dev.slipway.e2e.cluster.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The distribution API, request by request. */
@Timeout(60)
final class RegistryTest {
  private static final String OCI = "application/vnd.oci.image.manifest.v1+json";

  @TempDir Path directory;
  private final HttpClient http = HttpClient.newHttpClient();
  @Nullable private Registry registry;

  @BeforeEach
  void start() throws Exception {
    registry = Registry.start(directory);
  }

  @AfterEach
  void stop() {
    registry().close();
    http.close();
  }

  private Registry registry() {
    if (registry == null) {
      throw new AssertionError("not started");
    }
    return registry;
  }

  @Test
  void uploadsInChunksAndServesRanges() throws Exception {
    String digest = Content.digest("hello world".getBytes(StandardCharsets.UTF_8));
    String upload = location(send("POST", "/v2/a/b/blobs/uploads/", ""));
    assertThat(send("PATCH", upload, "hello ", "Content-Range", "0-5").statusCode()).isEqualTo(202);
    assertThat(send("PATCH", upload, "again", "Content-Range", "0-4").statusCode()).isEqualTo(416);
    assertThat(send("GET", upload, "").headers().firstValue("Range")).hasValue("0-5");
    assertThat(send("PUT", upload + "?digest=" + digest, "world").statusCode()).isEqualTo(201);

    HttpResponse<String> part = send("GET", "/v2/a/b/blobs/" + digest, "", "Range", "bytes=6-");

    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo("world");
    assertThat(part.headers().firstValue("Content-Range")).hasValue("bytes 6-10/11");
    HttpResponse<String> head = send("HEAD", "/v2/a/b/blobs/" + digest, "");
    assertThat(head.headers().firstValue("Content-Length")).hasValue("11");
    assertThat(send("GET", "/v2/a/b/blobs/" + digest, "", "Range", "bytes=11-").statusCode())
        .isEqualTo(416);
  }

  @Test
  void refusesWhatIsNotWhatItSays() throws Exception {
    String digest = Content.digest("other".getBytes(StandardCharsets.UTF_8));
    String upload = location(send("POST", "/v2/a/blobs/uploads/", ""));
    HttpResponse<String> refused = send("PUT", upload + "?digest=" + digest, "this");
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("DIGEST_INVALID");
    assertThat(send("HEAD", "/v2/a/blobs/" + digest, "").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/v2/a/blobs/sha256:../../x", "").statusCode()).isEqualTo(404);
  }

  @Test
  void mountsAcrossRepositoriesOnlyWhatIsThere() throws Exception {
    String digest = blob("a", "layer");
    assertThat(send("HEAD", "/v2/b/blobs/" + digest, "").statusCode()).isEqualTo(404);
    assertThat(send("POST", "/v2/b/blobs/uploads/?from=c&mount=" + digest, "").statusCode())
        .isEqualTo(202);
    assertThat(send("POST", "/v2/b/blobs/uploads/?from=a&mount=" + digest, "").statusCode())
        .isEqualTo(201);
    assertThat(send("GET", "/v2/b/blobs/" + digest, "").body()).isEqualTo("layer");
  }

  @Test
  void manifestsHaveTagsAndWholeContent() throws Exception {
    String config = blob("app", "{}");
    String manifest =
        "{\"schemaVersion\":2,\"config\":{\"digest\":\"%s\"},\"layers\":[]}".formatted(config);
    String digest = Content.digest(manifest.getBytes(StandardCharsets.UTF_8));

    HttpResponse<String> put = send("PUT", "/v2/app/manifests/1.0", manifest, "Content-Type", OCI);

    assertThat(put.statusCode()).isEqualTo(201);
    assertThat(put.headers().firstValue("Docker-Content-Digest")).hasValue(digest);
    HttpResponse<String> got = send("GET", "/v2/app/manifests/" + digest, "");
    assertThat(got.body()).isEqualTo(manifest);
    assertThat(got.headers().firstValue("Content-Type")).hasValue(OCI);
    assertThat(send("GET", "/v2/app/tags/list", "").body())
        .isEqualTo("{\"name\":\"app\",\"tags\":[\"1.0\"]}");
    assertThat(send("GET", "/v2/_catalog", "").body()).isEqualTo("{\"repositories\":[\"app\"]}");
    assertThat(send("PUT", "/v2/other/manifests/1.0", manifest, "Content-Type", OCI).body())
        .contains("MANIFEST_BLOB_UNKNOWN");
    assertThat(send("PUT", "/v2/app/manifests/" + config, manifest, "Content-Type", OCI).body())
        .contains("DIGEST_INVALID");
    assertThat(send("DELETE", "/v2/app/manifests/" + digest, "").statusCode()).isEqualTo(202);
    assertThat(send("GET", "/v2/app/manifests/1.0", "").statusCode()).isEqualTo(404);
  }

  @Test
  void listsReferrers() throws Exception {
    String config = blob("app", "{}");
    String subject =
        "{\"schemaVersion\":2,\"config\":{\"digest\":\"%s\"},\"layers\":[]}".formatted(config);
    send("PUT", "/v2/app/manifests/1.0", subject, "Content-Type", OCI);
    String digest = Content.digest(subject.getBytes(StandardCharsets.UTF_8));
    String signature =
        "{\"schemaVersion\":2,\"artifactType\":\"a/b\",\"config\":{\"digest\":\"%s\"},\"layers\":[],\"subject\":{\"digest\":\"%s\"}}"
            .formatted(config, digest);
    send("PUT", "/v2/app/manifests/sig", signature, "Content-Type", OCI);
    assertThat(send("GET", "/v2/app/referrers/" + digest, "").body())
        .contains("\"artifactType\":\"a/b\"");
  }

  @Test
  void wantsThePassword() throws Exception {
    try (Registry closed =
        Registry.start(directory.resolve("closed"), new Registry.Credentials("ann", "pw"))) {
      URI uri = URI.create("http://" + closed.host() + "/v2/");
      HttpResponse<String> refused =
          http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.headers().firstValue("WWW-Authenticate"))
          .hasValue("Basic realm=\"slipway\"");
      String token = Base64.getEncoder().encodeToString("ann:pw".getBytes(StandardCharsets.UTF_8));
      HttpRequest known =
          HttpRequest.newBuilder(uri).header("Authorization", "Basic " + token).build();
      assertThat(http.send(known, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }
  }

  private String blob(String repository, String content) throws Exception {
    String digest = Content.digest(content.getBytes(StandardCharsets.UTF_8));
    assertThat(
            send("POST", "/v2/" + repository + "/blobs/uploads/?digest=" + digest, content)
                .statusCode())
        .isEqualTo(201);
    return digest;
  }

  private static String location(HttpResponse<String> response) {
    return response.headers().firstValue("Location").orElseThrow();
  }

  private HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + registry().host() + path))
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }
}
