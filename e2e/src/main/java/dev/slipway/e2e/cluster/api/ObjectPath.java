package dev.slipway.e2e.cluster.api;

/**
 * Where one object lives.
 *
 * @param namespace empty for what has none
 */
record ObjectPath(ResourceType type, String namespace, String name) {

  /** The request path of the object, without a query. */
  String url() {
    String scope = namespace.isEmpty() ? "" : "/namespaces/" + namespace;
    return type.root() + scope + "/" + type.plural() + "/" + name;
  }

  /** One key for all versions of a resource; sorts as a real server lists. */
  String key() {
    return prefix(type) + namespace + "\0" + name;
  }

  static String prefix(ResourceType type) {
    return type.qualified() + "\0";
  }
}
