package dev.slipway.e2e.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/** An OCI image layout in a tar file, every blob checked against its name. */
final class OciArchive {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, byte[]> files = new HashMap<>();

  OciArchive(Path archive) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(archive), 1 << 16)) {
      new TarReader(in).files(files);
    }
  }

  /** The digest of the image: of its manifest, or of the index where there are several. */
  String digest() throws IOException {
    return JSON.readTree(file("index.json")).path("manifests").path(0).path("digest").asText();
  }

  /** The platforms of the image, {@code os/architecture[/variant]} to the manifest's digest. */
  Map<String, JsonNode> manifests() throws IOException {
    Map<String, JsonNode> found = new TreeMap<>();
    collect(JSON.readTree(file("index.json")), found);
    return found;
  }

  private void collect(JsonNode index, Map<String, JsonNode> found) throws IOException {
    for (JsonNode descriptor : index.path("manifests")) {
      JsonNode document = JSON.readTree(blob(descriptor.path("digest").asText()));
      if (document.has("manifests")) {
        collect(document, found);
      } else {
        JsonNode config = JSON.readTree(blob(document.path("config").path("digest").asText()));
        String platform =
            config.path("os").asText()
                + "/"
                + config.path("architecture").asText()
                + (config.has("variant") ? "/" + config.path("variant").asText() : "");
        found.put(platform, document);
      }
    }
  }

  JsonNode config(JsonNode manifest) throws IOException {
    return JSON.readTree(blob(manifest.path("config").path("digest").asText()));
  }

  /** The objects of one layer, in the order of its tar. */
  List<Entry> layer(JsonNode descriptor, String diffId) throws IOException {
    byte[] stored = blob(descriptor.path("digest").asText());
    if (stored.length != descriptor.path("size").asLong()) {
      throw new IOException("a layer has not the size that its descriptor promises");
    }
    String type = descriptor.path("mediaType").asText();
    InputStream plain = new ByteArrayInputStream(stored);
    if (type.endsWith("gzip")) {
      plain = new GZIPInputStream(plain);
    } else if (type.endsWith("zstd")) {
      plain = new ZstdInputStream(plain);
    }
    try (DigestInputStream digest =
        new DigestInputStream(new BufferedInputStream(plain, 1 << 16), TarReader.sha256())) {
      List<Entry> entries = entries(digest);
      digest.transferTo(OutputStream.nullOutputStream());
      String actual = "sha256:" + HexFormat.of().formatHex(digest.getMessageDigest().digest());
      if (!actual.equals(diffId)) {
        throw new IOException("a layer is " + actual + ", and the config says " + diffId);
      }
      return entries;
    }
  }

  static List<Entry> entries(InputStream tar) throws IOException {
    TarReader reader = new TarReader(tar);
    List<Entry> entries = new ArrayList<>();
    for (Entry entry = reader.next(); entry != null; entry = reader.next()) {
      entries.add(entry);
    }
    return entries;
  }

  private byte[] blob(String digest) throws IOException {
    byte[] bytes = file("blobs/" + digest.replace(':', '/'));
    if (!Bases.digestOf(bytes).equals(digest)) {
      throw new IOException("blob " + digest + " holds something else");
    }
    return bytes;
  }

  private byte[] file(String name) throws IOException {
    byte[] bytes = files.get(name);
    if (bytes == null) {
      throw new IOException("the archive has no " + name);
    }
    return bytes;
  }
}
